import { type PatternStep, readPattern } from './path-pattern.ts'

/** A set of positions in all patterns at once. */
interface State {
  readonly positions: readonly number[]
  readonly accepts: boolean
  readonly next: Map<string, State>
}

/** How many positions and transitions are kept; beyond it all are forgotten and built again as they are needed. */
const memoryLimit = 250_000

/**
 * All patterns as one automaton, built as far as paths ask for it: a path costs one look-up for each of its characters, however many
 * patterns there are and whatever they look like. A look-up that has to be built first takes one step for each position at most.
 */
export class PatternAutomaton {
  readonly #steps: readonly (PatternStep | undefined)[]
  readonly #firstPositions: readonly number[]
  #states = new Map<string, State>()
  #start: State | undefined
  #kept = 0
  /** How many positions of patterns were looked at so far: the cost, for tests. */
  visitedCount = 0

  /** How many positions and transitions are held at the moment, for tests. */
  get keptCount(): number {
    return this.#kept
  }

  constructor(patterns: readonly string[]) {
    const steps: (PatternStep | undefined)[] = []
    const start: number[] = []
    for (const pattern of patterns) {
      start.push(steps.length)
      steps.push(...readPattern(pattern), undefined) // undefined: the pattern's end
    }
    this.#steps = steps
    this.#firstPositions = start
  }

  /** True if any of the patterns matches the whole path. */
  matches(path: string): boolean {
    this.#start ??= this.#state(this.#firstPositions)
    let state = this.#start
    for (const character of path) {
      const next = state.next.get(character) ?? this.#grow(state, character)
      if (next.positions.length === 0) return false
      state = next
    }
    return state.accepts
  }

  #grow(state: State, character: string): State {
    if (this.#kept >= memoryLimit) this.#forget()
    const next = this.#state(this.#after(state, character))
    state.next.set(character, next)
    this.#kept++
    return next
  }

  #forget(): void {
    this.#states = new Map()
    this.#start = undefined
    this.#kept = 0
  }

  #after(state: State, character: string): readonly number[] {
    const positions: number[] = []
    this.visitedCount += state.positions.length
    for (const position of state.positions) {
      const step = this.#steps[position]
      if (step?.matches(character)) positions.push(step.repeats ? position : position + 1)
    }
    return positions
  }

  #state(from: readonly number[]): State {
    const positions = this.#closure(from)
    const key = positions.join(' ')
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const accepts = positions.some((position) => this.#steps[position] === undefined)
    const state: State = { positions, accepts, next: new Map() }
    this.#states.set(key, state)
    this.#kept += positions.length + 1
    return state
  }

  /** A step that repeats may also take nothing. */
  #closure(from: readonly number[]): readonly number[] {
    const closed = new Set<number>()
    for (let position of from) {
      closed.add(position)
      while (this.#steps[position]?.repeats === true && !closed.has(position + 1)) closed.add(++position)
    }
    return [...closed].sort((a, b) => a - b)
  }
}
