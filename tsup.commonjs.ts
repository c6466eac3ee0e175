/**
 * The first line of CommonJS that hands on what other packages export, by getters: without it jest's automock (`jest.mock('requestforge')`) leaves
 * out what is behind a getter.
 */
export const moduleMark = "Object.defineProperty(exports, '__esModule', { value: true });"
