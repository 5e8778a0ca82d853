import {expect, it} from 'vitest'
import {allPages} from '../../../../src/adapters/aws/pages.js'

it('follows the token through short and empty pages, and stops at none', async () => {
  const pages: Record<string, {items: number[] | undefined; next: string | undefined}> = {
    first: {items: [1], next: 'a'},
    a: {items: [], next: 'b'},
    b: {items: undefined, next: 'c'},
    c: {items: [2, 3], next: ''},
  }
  expect(await allPages('x:List', async (token = 'first') => pages[token]!)).toEqual([1, 2, 3])
})

it('does not go round in circles', async () => {
  const circle = allPages('x:List', async (token) => ({items: [token], next: token === 'a' ? 'b' : 'a'}))
  await expect(circle).rejects.toMatchObject({code: 'AWS_FAILED'})
})
