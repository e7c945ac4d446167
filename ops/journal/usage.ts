/** What `npm run journal -- --help` prints, and the flags that there are. */

export const journalFlags = {
  group: 'GROUP   the pair group; may be left out where the stage has one',
  from: 'N       the first frame; 1 where absent',
  to: 'N       the last frame; the newest one where absent',
  source:
    'WHERE   both (the default: the archive, then what the stream has beyond it), archive or stream',
  stage: 'NAME    local (the default), dev or prod',
  state: 'FOLDER  of a local cloud that keeps its state elsewhere than in .local',
  json: '        one JSON object (of dump: one a record)',
  help: '        this text',
} as const;

const flagLines = Object.entries(journalFlags)
  .map(([name, what]) => `  --${name.padEnd(8)} ${what}`)
  .join('\n');

export const usage = `Reads the journal of a pair group, which holds everything that ever happened in it.

  npm run journal -- dump --group G      frames, commands and events as lines
  npm run journal -- verify --group G    proves that nothing is missing and nothing was changed
  npm run journal -- replay --group G    runs the engine over it and compares what it does

Flags:
${flagLines}

verify and replay end with 1 where the journal does not hold, and say at which frame and why; with 0 where it does.
A verification from a later frame takes that frame's word for what came before it. A replay always begins at
frame 1 and compares from --from on.

Examples:
  npm run journal -- verify --group majors
  npm run journal -- dump --group majors --from 4180 --to 4190
  npm run journal -- dump --group majors --json | jq 'select(.kind == "frame") | .frame'
  npm run journal -- replay --group alts --stage prod --source archive

What to do where it does not hold: docs/operations/journal-archive.md
`;
