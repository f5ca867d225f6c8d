/** Exit codes, as README's table has them. */
export const EXIT = {
  fine: 0,
  internal: 1,
  notAllowed: 2,
  unsafeFile: 3,
  syntax: 4,
  name: 5,
  tooBig: 6,
  storage: 7,
  usage: 64,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * The one error that a person is meant to see. Anything else that is thrown is a bug and shows its stack.
 *
 * `message` says what happened, to which path (escaped, never a value of a variable); `hint` what to type next.
 */
export class EnvhookError extends Error {
  override readonly name = 'EnvhookError';

  constructor(
    message: string,
    readonly hint: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

/**
 * The code of a failed system call (`ENOENT`, ...), or undefined for what is no such error.
 */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
