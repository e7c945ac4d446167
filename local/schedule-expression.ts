/** AWS schedule expressions: `rate(5 minutes)`, `cron(0 12 * * ? *)` and `at(2030-01-01T00:00:00)`, in UTC. */

/** The first moment strictly after `afterMs`; undefined when there is none. `sinceMs` is when a rate began. */
export type Schedule = (afterMs: number, sinceMs: number) => number | undefined;

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};
const MONTHS = 'JAN,FEB,MAR,APR,MAY,JUN,JUL,AUG,SEP,OCT,NOV,DEC'.split(',');
const DAYS = 'SUN,MON,TUE,WED,THU,FRI,SAT'.split(',');
const YEARS_AHEAD = 10;

/** Throws, in one sentence, for an expression that is not understood. */
export function parseSchedule(expression: string): Schedule {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate !== null) return everyMs(Number(rate[1]) * (UNIT_MS[rate[2] as string] as number));
  const at = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression);
  if (at !== null) return once(Date.parse(`${at[1]}Z`));
  const cron = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/.exec(expression);
  if (cron !== null)
    return parseCron(cron.slice(1) as [string, string, string, string, string, string]);
  throw new Error(`the schedule ${expression} is neither rate(…), cron(…) nor at(…)`);
}

function everyMs(periodMs: number): Schedule {
  return (afterMs, sinceMs) =>
    sinceMs + (Math.floor((afterMs - sinceMs) / periodMs) + 1) * periodMs;
}

function once(atMs: number): Schedule {
  return (afterMs) => (atMs > afterMs ? atMs : undefined);
}

type Field = (value: number) => boolean;

/** Minutes, hours, day of month, month, day of week, year. */
function parseCron(fields: [string, string, string, string, string, string]): Schedule {
  const minute = parseField(fields[0], 0, 59);
  const hour = parseField(fields[1], 0, 23);
  const dayOfMonth = parseField(fields[2], 1, 31);
  const month = parseField(fields[3], 1, 12, MONTHS, 1);
  // AWS counts days of the week from Sunday = 1.
  const dayOfWeek = parseField(fields[4], 1, 7, DAYS, 1);
  const year = parseField(fields[5], 1970, 2199);
  const isDay = (date: Date): boolean =>
    year(date.getUTCFullYear()) &&
    month(date.getUTCMonth() + 1) &&
    dayOfMonth(date.getUTCDate()) &&
    dayOfWeek(date.getUTCDay() + 1);

  return (afterMs) => {
    const firstMs = Math.floor(afterMs / 60_000) * 60_000 + 60_000;
    const lastMs = firstMs + YEARS_AHEAD * 366 * 86_400_000;
    for (let ms = firstMs; ms < lastMs; ) {
      const date = new Date(ms);
      if (!isDay(date)) ms = (Math.floor(ms / 86_400_000) + 1) * 86_400_000;
      else if (!hour(date.getUTCHours())) ms = (Math.floor(ms / 3_600_000) + 1) * 3_600_000;
      else if (!minute(date.getUTCMinutes())) ms += 60_000;
      else return ms;
    }
    return undefined;
  };
}

function parseField(
  text: string,
  low: number,
  high: number,
  names: string[] = [],
  nameBase = 0,
): Field {
  if (text === '*' || text === '?') return () => true;
  const number = (word: string): number => {
    const named = names.indexOf(word.toUpperCase());
    const value = named === -1 ? Number(word) : named + nameBase;
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new Error(`the local cloud does not understand ${word} in a cron expression`);
  };
  const parts = text.split(',').map((part): Field => {
    const [range = '', step] = part.split('/');
    const every = step === undefined ? 1 : Number(step);
    const [from, to] = range.split('-');
    const first = range === '*' ? low : number(from as string);
    const single = step === undefined ? first : high;
    const last = to === undefined ? (range === '*' ? high : single) : number(to);
    return (value) => value >= first && value <= last && (value - first) % every === 0;
  });
  return (value) => parts.some((accepts) => accepts(value));
}
