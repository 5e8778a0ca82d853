import {rolldown} from 'rolldown'

/** What a file of src/ exports, for a build that makes texts of it. */
export async function importSource(input) {
  const bundle = await rolldown({input, platform: 'node', transform: {target: 'node20.19'}})
  const {
    output: [{code}],
  } = await bundle.generate({format: 'esm', codeSplitting: false})
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)
}
