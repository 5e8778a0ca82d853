// Looks at the length of a file, again and again, while another thread changes it; counts when it is too short.
import {statSync} from 'node:fs'
import {workerData} from 'node:worker_threads'

const {path, shared} = workerData
/** The round; the least length in it, 0 where none is asked for; looks; violations; whether it is over. */
const [ROUND, LEAST, LOOKS, SHORTER, OVER] = [0, 1, 2, 3, 4]

while (Atomics.load(shared, OVER) === 0) {
  const round = Atomics.load(shared, ROUND)
  const least = Atomics.load(shared, LEAST)
  const length = statSync(path, {throwIfNoEntry: false})?.size ?? -1
  if (Atomics.load(shared, ROUND) !== round || Atomics.load(shared, LEAST) !== least || least === 0) continue
  Atomics.add(shared, LOOKS, 1)
  if (length < least) Atomics.add(shared, SHORTER, 1)
}
