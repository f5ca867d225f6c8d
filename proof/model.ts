/*
 * What the environment must be, as simply as it can be said: files, approvals, and the variables of a shell with what
 * directories have laid over them. Nothing of src/ is used.
 */

/** What a file of a walk assigns, in an order that matters. `add` puts an item before a list. */
export type Assignment =
  | { kind: 'text'; name: string; value: string }
  | { kind: 'ref'; name: string; other: string; value: string }
  | { kind: 'add'; name: string; item: string };

/** What is in a file; `broken` cannot be allowed. */
export interface Content {
  assignments: Assignment[];
  broken?: boolean;
  root?: boolean;
}

/** A file's text. */
export function textOf({ assignments, broken, root }: Content): string {
  const lines = assignments.map((it) => {
    if (it.kind === 'text') return `${it.name}='${it.value}'`;
    if (it.kind === 'ref') return `${it.name}="\${${it.other}}${it.value}"`;
    return `${it.name}="${it.item}:$${it.name}"`;
  });
  return [...(root ? ['# envhook: root'] : []), ...lines, ...(broken ? ['Z="'] : []), ''].join('\n');
}

interface Approval {
  state: 'allowed' | 'denied';
  files: Map<string, string>;
  profile: string | undefined;
  /** A new one for each record. */
  id: number;
}

/** Directories with their files, and what is allowed. A directory is a path below the home directory. */
export class Files {
  readonly #contents = new Map<string, Map<string, Content>>();
  readonly #approvals = new Map<string, Approval>();
  #ids = 0;

  write(directory: string, file: string, content: Content): void {
    const files = this.#contents.get(directory) ?? new Map();
    this.#contents.set(directory, files.set(file, content));
  }

  remove(directory: string, file: string): void {
    this.#contents.get(directory)?.delete(file);
  }

  has(directory: string, file: string): boolean {
    return this.#contents.get(directory)?.has(file) ?? false;
  }

  isEnvDirectory(directory: string): boolean {
    return this.has(directory, '.env') || this.has(directory, '.env.local');
  }

  profileOf(directory: string): string | undefined {
    return this.#approvals.get(directory)?.profile;
  }

  isAllowedAtAll(directory: string): boolean {
    return this.#approvals.get(directory)?.state === 'allowed';
  }

  /** Whether `allow` has nothing against the files. */
  canAllow(directory: string): boolean {
    return this.isEnvDirectory(directory) && this.#set(directory).every(({ content }) => !content?.broken);
  }

  allow(directory: string): void {
    if (this.#isCurrent(directory)) return; // the record stays
    const before = this.#approvals.get(directory);
    const set = this.#set(directory);
    const own = new Set(set.map(({ file }) => file));
    const files = new Map([...(before?.files ?? [])].filter(([file]) => !own.has(file)));
    for (const { file, content } of set) if (content) files.set(file, textOf(content));
    this.#put(directory, { state: 'allowed', files, profile: before?.profile });
  }

  deny(directory: string): void {
    this.#put(directory, { state: 'denied', files: new Map(), profile: this.profileOf(directory) });
  }

  use(directory: string, profile: string | undefined): void {
    const before = this.#approvals.get(directory);
    if (before !== undefined && before.profile !== profile) this.#put(directory, { ...before, profile });
  }

  /** The directories in force at a place, outer to inner: each with what makes it the same approval. */
  inForce(place: string): { directory: string; key: number; assignments: Assignment[] }[] {
    const found: { directory: string; key: number; assignments: Assignment[] }[] = [];
    const parts = place.split('/').filter(Boolean);
    for (let depth = parts.length; depth >= 0; depth--) {
      const directory = parts.slice(0, depth).join('/');
      if (!this.isEnvDirectory(directory) || !this.#isCurrent(directory)) continue;
      const contents = this.#set(directory).flatMap(({ content }) => (content ? [content] : []));
      const key = this.#approvals.get(directory)?.id ?? 0;
      found.unshift({ directory, key, assignments: contents.flatMap(({ assignments }) => assignments) });
      if (contents.some(({ root }) => root)) break;
    }
    return found;
  }

  #put(directory: string, approval: Omit<Approval, 'id'>): void {
    this.#approvals.set(directory, { ...approval, id: ++this.#ids });
  }

  #set(directory: string): { file: string; content: Content | undefined }[] {
    const profile = this.profileOf(directory);
    const names = ['.env', '.env.local', ...(profile ? [`.env.${profile}`, `.env.${profile}.local`] : [])];
    return names.map((file) => ({ file, content: this.#contents.get(directory)?.get(file) }));
  }

  #isCurrent(directory: string): boolean {
    const approval = this.#approvals.get(directory);
    if (approval?.state !== 'allowed') return false;
    return this.#set(directory).every(
      ({ file, content }) => approval.files.get(file) === (content ? textOf(content) : undefined),
    );
  }
}

interface Variable {
  value: string;
  exported: boolean;
}

interface Layer {
  directory: string;
  key: number;
  undo: { name: string; loaded: string; before: Variable | undefined; item?: string }[];
}

/** The variables of one shell, and what is laid over them. */
export class ShellModel {
  readonly #variables: Map<string, Variable>;
  #layers: Layer[];

  constructor(variables: Map<string, Variable> = new Map(), layers: Layer[] = []) {
    this.#variables = variables;
    this.#layers = layers;
  }

  /** What the user does. */
  set(name: string, value: string, exported: boolean): void {
    this.#variables.set(name, { value, exported });
  }

  unset(name: string): void {
    this.#variables.delete(name);
  }

  get(name: string): Variable | undefined {
    return this.#variables.get(name);
  }

  /** A shell started from here: it has what is exported, and takes over what it can see to be so. */
  child(): ShellModel {
    const variables = new Map([...this.#variables].filter(([, { exported }]) => exported));
    const layers = this.#layers.map(({ directory, key, undo }) => ({
      directory,
      key,
      undo: undo.map((it) => ({ ...it, before: it.before?.exported ? it.before : undefined })),
    }));
    // What an outer layer loaded is seen when the inner one is gone.
    const peeled = new ShellModel(new Map(variables));
    for (const layer of layers.toReversed()) {
      layer.undo = layer.undo.filter(({ name, loaded, item }) => {
        const value = peeled.get(name)?.value;
        return value !== undefined && (value === loaded || item !== undefined);
      });
      peeled.#leave(layer);
    }
    return new ShellModel(variables, layers);
  }

  /** What happens at a prompt. */
  prompt(wanted: ReturnType<Files['inForce']>): void {
    let keep = 0;
    while (keep < wanted.length && this.#isSame(keep, wanted[keep])) keep++;
    while (this.#layers.length > keep) this.#leave(this.#layers.pop());
    for (const layer of wanted.slice(keep)) this.#enter(layer);
  }

  /** What a child process sees. */
  environment(): Map<string, string> {
    return new Map(
      [...this.#variables].filter(([, { exported }]) => exported).map(([name, { value }]) => [name, value]),
    );
  }

  #isSame(index: number, layer: { directory: string; key: number } | undefined): boolean {
    const { directory, key } = this.#layers[index] ?? {};
    return directory === layer?.directory && key === layer?.key;
  }

  #enter({ directory, key, assignments }: ReturnType<Files['inForce']>[number]): void {
    const values = new Map<string, { value: string; item?: string }>();
    const look = (name: string) => values.get(name)?.value ?? this.#variables.get(name)?.value ?? '';
    for (const it of assignments) {
      if (it.kind === 'text') values.set(it.name, { value: it.value });
      else if (it.kind === 'ref') values.set(it.name, { value: look(it.other) + it.value });
      else values.set(it.name, { value: `${it.item}:${look(it.name)}`, item: it.item });
    }
    const undo = Array.from(values, ([name, { value, item }]) => {
      const before = this.#variables.get(name);
      return { name, loaded: value, before, ...(item === undefined ? {} : { item }) };
    });
    for (const { name, loaded } of undo) this.set(name, loaded, true);
    this.#layers.push({ directory, key, undo });
  }

  #leave(layer: Layer | undefined): void {
    for (const { name, loaded, before, item } of layer?.undo ?? []) {
      const now = this.#variables.get(name);
      if (now === undefined) continue;
      if (now.value === loaded) {
        if (before === undefined) this.#variables.delete(name);
        else this.#variables.set(name, before);
      } else if (item !== undefined && now.value.split(':').includes(item)) {
        const items = now.value.split(':');
        items.splice(items.indexOf(item), 1);
        this.set(name, items.join(':'), true);
      }
    }
  }
}
