// Unit files as systemd reads them: one with its drop-ins as sections of settings (systemd.syntax(7), systemd.unit(5)).

/** A setting's values in the order they were given; the empty text stands for a reset of what came before. */
export type UnitSettings = ReadonlyMap<string, readonly string[]>;

/** Settings by section. */
export type UnitSections = ReadonlyMap<string, UnitSettings>;

/**
 * What a unit file and its drop-ins say together. An empty value drops what stands before it; where the unit file itself
 * is not among the texts (a package brings it) the reset is kept, since it means something there.
 * @param texts the unit file, then the drop-ins in the order systemd reads them
 * @param whole whether the first text is the unit file
 */
export function readUnit(texts: readonly string[], whole: boolean): UnitSections {
  const sections = new Map<string, Map<string, string[]>>();
  for (const text of texts) {
    let section = '';
    for (const line of logicalLines(text)) {
      const heading = /^\[(.*)\]$/.exec(line)?.[1];
      if (heading !== undefined) {
        section = heading;
        continue;
      }
      const [, key, value] = /^([^=]*?)\s*=\s*(.*)$/s.exec(line) ?? [];
      if (key !== undefined && value !== undefined) assign(sectionOf(sections, section), key, value, whole);
    }
  }
  return sections;
}

function sectionOf(sections: Map<string, Map<string, string[]>>, name: string): Map<string, string[]> {
  const found = sections.get(name) ?? new Map<string, string[]>();
  sections.set(name, found);
  return found;
}

function assign(settings: Map<string, string[]>, key: string, value: string, whole: boolean): void {
  if (value !== '') settings.set(key, [...(settings.get(key) ?? []), value]);
  else if (whole) settings.delete(key);
  else settings.set(key, ['']);
}

/** Lines without comments, with those joined that a backslash continues; comments between do not end one. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let pending: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*[#;]/.test(line)) continue;
    const whole: string = pending === undefined ? line : pending + line;
    pending = whole.endsWith('\\') ? `${whole.slice(0, -1)} ` : undefined;
    if (pending === undefined && whole.trim() !== '') lines.push(whole.trim());
  }
  return pending === undefined || pending.trim() === '' ? lines : [...lines, pending.trim()];
}
