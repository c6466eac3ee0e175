/** What happened, line by line. Off, it costs nothing worth naming. */
export class Trace {
  readonly lines: string[] = []
  readonly #isOn: boolean
  readonly #now: () => number

  constructor(isOn: boolean, now: () => number) {
    this.#isOn = isOn
    this.#now = now
  }

  /** `tell` is only called when somebody reads. */
  line(tell: () => string): void {
    if (this.#isOn) this.lines.push(`${String(this.#now()).padStart(7)} ms  ${tell()}`)
  }
}
