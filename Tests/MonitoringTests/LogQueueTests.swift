import AWS
import Testing

@testable import Monitoring

@Suite
struct LogQueueTests {
    private func record(_ number: Int, _ text: String = "x") -> LogRecord {
        LogRecord(timestamp: Int64(number), message: text)
    }

    @Test
    func `beyond the limit of lines the oldest go and are counted`() {
        var queue = LogQueue()
        for number in 0..<LogQueue.countLimit + 5 { queue.append(record(number)) }
        #expect(queue.count == LogQueue.countLimit)
        let dropped = queue.takeDropped()
        #expect(dropped?.count == 5 && dropped?.time == 0)
        #expect(queue.takeDropped() == nil)
        let all = queue.takeAll()
        #expect(all.first?.timestamp == 5 && all.count == LogQueue.countLimit && queue.count == 0)
    }

    @Test
    func `beyond the limit of bytes too`() {
        var queue = LogQueue()
        let text = String(repeating: "y", count: 1 << 20)
        for number in 0..<20 { queue.append(record(number, text)) }
        #expect(queue.count == 8 && queue.takeDropped()?.count == 12)
    }

    @Test
    func `what could not be sent stands before what has come since, and is the first to go`() {
        var queue = LogQueue()
        queue.append(record(1))
        queue.append(record(2))
        let unsent = queue.takeAll()
        queue.append(record(3))
        queue.putBack(unsent)
        #expect(queue.takeAll().map(\.timestamp) == [1, 2, 3])
        for number in 10..<10 + LogQueue.countLimit { queue.append(record(number)) }
        queue.putBack(unsent)
        #expect(queue.takeDropped()?.count == 2 && queue.takeAll().first?.timestamp == 10)
    }
}
