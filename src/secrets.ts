/**
 * Whether a variable looks as if it were secret, by its name or by what it holds: for a friendly word, not for a decision.
 */
export function looksSecret(name: string, value: string): boolean {
  if (value === '') return false;
  return (
    SECRET_NAME.test(name) || SECRET_START.test(value) || CREDENTIALS_IN_URL.test(value) || isRandom(value)
  );
}

const SECRET_NAME = /(^|_)(TOKEN|KEY|SECRET|PASS|PASSWD|PASSWORD|PASSPHRASE|PWD|CREDENTIALS?)$/i;
// What the services' own manuals, and scanners that look for leaked secrets, go by.
const SECRET_START =
  /^(sk-|[sr]k_(live|test)_|gh[opsur]_|github_pat_|glpat-|AKIA|ASIA|xox[a-z]-|eyJ|-----BEGIN|AIza|npm_|pypi-|hf_|SG\.)/;
const CREDENTIALS_IN_URL = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i;

// Long, of one piece, with letters and digits, and as mixed as random text is: words and paths repeat themselves.
function isRandom(value: string): boolean {
  if (!/^(?=.*\d)(?=.*[A-Za-z])[\w+=.~-]{20,}$/.test(value.slice(0, 1000))) return false;
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / value.length);
  return shares.reduce((bits, share) => bits - share * Math.log2(share), 0) > 3.5;
}
