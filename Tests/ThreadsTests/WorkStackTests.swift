// Stacks of work: all of it is done once, by any number of threads, and none of them waits for ever.
import Synchronization
import Testing
import Threads

@Suite struct `Work stacks` {
    /// A tree of works: each number below `limit` adds two more.
    private func visited(_ threads: Int, limit: Int) -> [Int] {
        let stack = WorkStack([1])
        let visited = Mutex<[Int]>([])
        stack.run(on: threads) {
            while let number = stack.take() {
                visited.withLock { $0.append(number) }
                if number < limit { stack.add([2 * number, 2 * number + 1]) }
                stack.done()
            }
        }
        return visited.withLock { $0.sorted() }
    }

    @Test(arguments: [1, 2, 3, 16])
    func `do all that is added, once`(threads: Int) {
        for _ in 0..<20 { #expect(visited(threads, limit: 500) == Array(1...999)) }
    }

    @Test func `begin with the newest`() {
        let stack = WorkStack([1, 2])
        stack.add([3, 4])
        var taken: [Int] = []
        while let work = stack.take() {
            taken.append(work)
            stack.done()
        }
        #expect(taken == [4, 3, 2, 1])
    }

    @Test func `give nothing when they were stopped`() {
        let stack = WorkStack(Array(0..<100_000))
        let count = Atomic(0)
        stack.run(on: 4) {
            while stack.take() != nil {
                if count.add(1, ordering: .relaxed).newValue == 10 { stack.stop() }
                stack.done()
            }
        }
        #expect((10...13).contains(count.load(ordering: .relaxed)))
        #expect(stack.take() == nil)
    }

    @Test func `of nothing end at once`() {
        let stack = WorkStack<Int>([])
        stack.run(on: 3) { while stack.take() != nil { stack.done() } }
    }
}
