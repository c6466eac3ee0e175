/** The name of the method by which objects say how Node and others are to show them. */
export const inspection: unique symbol = Symbol.for('nodejs.util.inspect.custom')
