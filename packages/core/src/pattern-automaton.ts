import { type PatternStep, readPattern } from './path-pattern.ts'

/** A set of positions in all patterns at once. */
interface State {
  readonly positions: readonly number[]
  readonly accepts: boolean
  readonly next: Map<string, State>
}

/** Beyond this many states all are forgotten and built again as they are needed: memory stays bounded whatever comes in. */
const stateLimit = 2_000

/**
 * All patterns as one automaton, built as far as paths ask for it: a path costs one look-up for each of its characters, however many
 * patterns there are and whatever they look like.
 */
export class PatternAutomaton {
  readonly #steps: readonly (PatternStep | undefined)[]
  readonly #start: readonly number[]
  readonly #states = new Map<string, State>()

  constructor(patterns: readonly string[]) {
    const steps: (PatternStep | undefined)[] = []
    const start: number[] = []
    for (const pattern of patterns) {
      start.push(steps.length)
      steps.push(...readPattern(pattern), undefined) // undefined: the pattern's end
    }
    this.#steps = steps
    this.#start = start
  }

  /** True if any of the patterns matches the whole path. */
  matches(path: string): boolean {
    let state = this.#state(this.#start)
    for (const character of path) {
      let next = state.next.get(character)
      if (next === undefined) {
        next = this.#state(this.#after(state, character))
        state.next.set(character, next)
      }
      if (next.positions.length === 0) return false
      state = next
    }
    return state.accepts
  }

  #after(state: State, character: string): readonly number[] {
    const positions: number[] = []
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
    if (this.#states.size >= stateLimit) this.#states.clear()
    const state: State = {
      positions,
      accepts: positions.some((position) => this.#steps[position] === undefined),
      next: new Map(),
    }
    this.#states.set(key, state)
    return state
  }

  /** A step that repeats may also take nothing. */
  #closure(from: readonly number[]): readonly number[] {
    const closed = new Set<number>()
    for (let position of from) {
      closed.add(position)
      while (this.#steps[position]?.repeats === true) closed.add(++position)
    }
    return [...closed].sort((a, b) => a - b)
  }
}
