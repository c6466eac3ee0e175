/** One promise of a contract: data for any test runner. */
export interface ContractCase {
  /** A fact that holds for whatever fulfils the contract. */
  readonly name: string
  /** Rejects with a ContractViolation if it does not hold. */
  run(): Promise<void>
}

/** Something does not fulfil its contract. */
export class ContractViolation extends Error {
  override readonly name: string = 'ContractViolation'
}

/** @throws ContractViolation unless `condition` holds */
export function ensure(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new ContractViolation(otherwise)
}
