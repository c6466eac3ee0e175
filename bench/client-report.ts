import { connections } from './client-candidates.ts'
import { median, type Round } from './client-round.ts'

/** What each candidate cost, round by round: within a round all meet the machine in much the same mood. */
export type Samples = ReadonlyMap<string, readonly Round[]>

/** One combination of size and concurrency. */
export interface CellFigures {
  readonly title: string
  readonly size: string
  readonly concurrency: number
  readonly samples: Samples
  /** Bytes allocated on the heap for each request. */
  readonly heap: ReadonlyMap<string, number>
}

/** All that client.ts has measured. */
export interface ClientFigures {
  readonly machine: string
  readonly method: string
  readonly cells: readonly CellFigures[]
  /** By the number of patterns of excluded paths. */
  readonly patterns: Samples
}

const ours = 'requestforge'

/** The page for docs/. */
export function page({ machine, method, cells, patterns }: ClientFigures): string {
  return `# What a request costs

Written by \`npm run bench -- client --write\`. A GET of JSON over HTTP/1.1 on loopback, with a bearer token of 740 characters: ours from a
\`TokenManager\`, the others' as a constant header (google-auth's from its own client). CPU time is that of the client's process, user and
system; heap is what is allocated, garbage included. \`undici.request\` is on undici's own global agent; \`undici Pool.request\` and
\`undici dispatch\`, the least that can be done on it, have a pool of ${connections} connections, and ours has one of the same size. Everybody
comes equally often after everybody else. The absolute figures are this machine's, the ratios are what to look at.

${machine}. ${method}.

![CPU time for each request of 200 B, 32 at a time](benchmarks.svg)

${cells.map(table).join('\n\n')}

## Ratios

${ratios(cells)}

## Patterns of excluded paths

CPU time for each request of 200 B, 32 at a time: ${[...medians(patterns)].map(([count, { cpuUs }]) => `${count} patterns ${cpuUs.toFixed(1)} µs`).join(', ')}.
`
}

function table({ title, samples, heap }: CellFigures): string {
  const rows = [...medians(samples)].map(
    ([name, { cpuUs, perSecond, p99Ms }]) =>
      `| ${name} | ${cpuUs.toFixed(1)} | ${Math.round(perSecond)} | ${p99Ms.toFixed(2)} | ${kilobytes(heap.get(name))} |`,
  )
  return `## ${title}\n\n| | CPU µs | requests/s | p99 ms | heap kB |\n|---|---:|---:|---:|---:|\n${rows.join('\n')}`
}

function ratios(cells: readonly CellFigures[]): string {
  const rows = cells.map(({ title, samples, heap }) => {
    const to = (name: string): string => ratio(samples, ours, name).toFixed(2)
    return `| ${title} | ${to('fetch')} | ${to('undici.request')} | ${to('undici Pool.request')} | ${to('undici dispatch')} | ${overDispatch(samples).toFixed(1)} µs | ${behind(medians(samples), heap)} |`
  })
  const head = `| requestforge's CPU time, to that of | fetch | undici.request | undici Pool.request | undici dispatch | over dispatch | ahead of ours |\n|---|---:|---:|---:|---:|---:|---|`
  return `${head}\n${rows.join('\n')}`
}

function medians(samples: Samples): ReadonlyMap<string, Round> {
  const of = (rounds: readonly Round[], figure: keyof Round): number => median(rounds.map((round) => round[figure]))
  return new Map(
    [...samples].map(([name, rounds]) => [
      name,
      { cpuUs: of(rounds, 'cpuUs'), perSecond: of(rounds, 'perSecond'), p99Ms: of(rounds, 'p99Ms') },
    ]),
  )
}

/** The CPU time of one to that of another, within each round. */
function ratio(samples: Samples, one: string, other: string): number {
  return compared(samples, one, other, (mine, theirs) => mine / theirs)
}

function overDispatch(samples: Samples): number {
  return compared(samples, ours, 'undici dispatch', (mine, theirs) => mine - theirs)
}

function compared(samples: Samples, one: string, other: string, compare: (mine: number, theirs: number) => number): number {
  const others = samples.get(other) ?? []
  const mine = samples.get(one) ?? []
  return median(mine.map(({ cpuUs }, index) => compare(cpuUs, others[index]?.cpuUs ?? Number.NaN)))
}

/** Who is better than ours in something, what ours stands on aside. */
function behind(figures: ReadonlyMap<string, Round>, heap: ReadonlyMap<string, number>): string {
  const mine = figures.get(ours)
  if (mine === undefined) return ''
  const better = [...figures].flatMap(([name, other]) => {
    if (name === ours || name.startsWith('undici')) return []
    const what = [
      other.cpuUs < mine.cpuUs ? 'CPU' : '',
      other.perSecond > mine.perSecond ? 'throughput' : '',
      other.p99Ms < mine.p99Ms ? 'p99' : '',
      (heap.get(name) ?? 0) < (heap.get(ours) ?? 0) ? 'heap' : '',
    ].filter((each) => each !== '')
    return what.length === 0 ? [] : [`${name} (${what.join(', ')})`]
  })
  return better.length === 0 ? 'nobody' : better.join(', ')
}

/** What is expected of the cell that counts, 200 B and 32 at a time, and of all: a line each. */
export function verdicts({ cells, patterns }: ClientFigures): readonly { readonly line: string; readonly holds: boolean }[] {
  const samples = cells.find(({ size, concurrency }) => size === '200 B' && concurrency === 32)?.samples ?? new Map()
  const atMost = (what: string, value: number, limit: number): { line: string; holds: boolean } => {
    const holds = value <= limit
    return { line: `${what} ${value.toFixed(2)}, expected at most ${limit}: ${holds ? 'holds' : 'DOES NOT HOLD'}`, holds }
  }
  const ahead = cells.filter(({ samples, heap }) => behind(medians(samples), heap) !== 'nobody').map(({ title }) => title)
  const counts = [...patterns.keys()].map((count) => ratio(patterns, count, '1'))
  return [
    atMost("CPU time to fetch's", ratio(samples, ours, 'fetch'), 0.35),
    atMost("CPU time to undici.request's", ratio(samples, ours, 'undici.request'), 0.9),
    atMost("CPU time to undici dispatch's", ratio(samples, ours, 'undici dispatch'), 1.35),
    atMost('microseconds over undici dispatch', overDispatch(samples), 12),
    atMost('the dearest number of patterns to the cheapest', Math.max(...counts) / Math.min(...counts), 1.15),
    atMost(`cells where somebody is ahead (${ahead.join('; ') || 'none'})`, ahead.length, 0),
  ]
}

function kilobytes(bytes: number | undefined): string {
  return bytes === undefined ? '' : (bytes / 1024).toFixed(1)
}

/** Bars of CPU time for each request of 200 B, 32 at a time. */
export function plot({ cells }: ClientFigures): string {
  const cell = cells.find(({ size, concurrency }) => size === '200 B' && concurrency === 32)
  const rows = [...(cell === undefined ? [] : medians(cell.samples))].sort(([, one], [, other]) => one.cpuUs - other.cpuUs)
  const longest = Math.max(...rows.map(([, { cpuUs }]) => cpuUs))
  const bars = rows.map(([name, { cpuUs }], index) => {
    const y = 14 + index * 26
    const width = Math.max(1, (cpuUs / longest) * 420)
    const fill = name === ours ? '#0b7285' : '#adb5bd'
    return `  <text x="150" y="${y + 13}" text-anchor="end">${name}</text>
  <rect x="158" y="${y}" width="${width.toFixed(1)}" height="18" rx="2" fill="${fill}"/>
  <text x="${(164 + width).toFixed(1)}" y="${y + 13}">${cpuUs.toFixed(0)} µs</text>`
  })
  const height = 24 + rows.length * 26
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 ${height}" width="660" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="#495057" role="img" aria-label="CPU time for each request">
${bars.join('\n')}
</svg>
`
}
