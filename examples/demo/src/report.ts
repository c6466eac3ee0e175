import { styleText } from 'node:util'

/** What a scene says about itself. */
export interface Scene {
  readonly title: string
  /** What holds when it succeeds, in words. */
  readonly asserts: string
  /** How many token requests it may cause, exactly. */
  readonly tokenRequests: number
  /** Throws when something does not hold. */
  play(): Promise<void>
}

const titleWidth = 20
const countWidth = 17
// In a narrow terminal what is asserted has a line of its own.
const assertsFrom = (process.stdout.columns ?? 120) < 110 ? '\n      ' : ' '

/** Plays scenes, and prints a line for each. */
export class Report {
  readonly #tokenRequests: () => number
  readonly #startedAt = performance.now()
  #held = 0
  #failed = 0

  constructor(tokenRequests: () => number) {
    this.#tokenRequests = tokenRequests
  }

  async play(scene: Scene): Promise<void> {
    const before = this.#tokenRequests()
    let problem: unknown
    try {
      await scene.play()
    } catch (error) {
      problem = error
    }
    const count = this.#tokenRequests() - before
    if (problem === undefined && count !== scene.tokenRequests) problem = new Error(`expected ${inWords(scene.tokenRequests)}`)
    if (problem === undefined) this.#held += 1
    else this.#failed += 1
    this.#print(scene, count, problem)
  }

  /** @returns whether everything held */
  end(apiRequests: number): boolean {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1)
    const total = `${inWords(this.#tokenRequests())} for ${apiRequests} API requests, ${seconds} s`
    if (this.#failed === 0) console.log(`\n  ${styleText(['bold', 'green'], `All ${this.#held} hold:`)} ${total}\n`)
    else
      console.log(`\n  ${styleText(['bold', 'red'], `${this.#failed} OF ${this.#held + this.#failed} DO NOT HOLD:`)} ${total}\n`)
    return this.#failed === 0
  }

  #print(scene: Scene, count: number, problem: unknown): void {
    const mark = problem === undefined ? styleText('green', '✓') : styleText('red', '✗')
    const title = styleText('bold', scene.title.padEnd(titleWidth))
    const requests = styleText('cyan', inWords(count).padEnd(countWidth))
    console.log(`  ${mark} ${title} ${requests}${assertsFrom}${scene.asserts}`)
    if (problem === undefined) return
    const text = problem instanceof Error ? problem.message : String(problem)
    console.log(styleText('red', text.replace(/^/gm, '      ')))
  }
}

function inWords(count: number): string {
  return `${count} token request${count === 1 ? '' : 's'}`
}
