// The far end of pipe_test.go: answers requests, a JSON object per line, with
// the functions that the module named on the command line exports.
//
//   {"id": 1, "call": "verify", "with": {...}}
//   {"id": 1, "answer": ...}      the counterpart did what it was asked to
//   {"id": 1, "refused": "..."}   the counterpart said no, and why
//   {"id": 1, "broken": "..."}    this script failed, which proves nothing
//
// It ends when its input does.
import {createInterface} from 'node:readline';
import {pathToFileURL} from 'node:url';
import {Refused} from './step.mjs';

const module = await import(pathToFileURL(process.argv[2]));
for await (const line of createInterface({input: process.stdin})) {
  const {id, call, with: input} = JSON.parse(line);
  let out;
  try {
    if(!Object.hasOwn(module, call)) {
      throw new Error(`no function ${call}`);
    }
    out = {id, answer: await module[call](input) ?? null};
  } catch(e) {
    out = e instanceof Refused ? {id, refused: e.message} : {id, broken: String(e.stack)};
  }
  process.stdout.write(JSON.stringify(out) + '\n');
}
