const turns = 5

/**
 * Lets everything run that waits for nothing but its turn: promises, streams in memory. It does not wait for sockets or files.
 *
 * Boundary: a test runner's fake timers replace `setTimeout` and `setImmediate`, but never a MessageChannel.
 */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn()
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof MessageChannel === 'undefined') {
      setTimeout(resolve, 0)
      return
    }
    const channel = new MessageChannel()
    channel.port1.onmessage = () => {
      channel.port1.close()
      resolve()
    }
    channel.port2.postMessage(undefined)
  })
}
