import Testing

@testable import AWS

@Suite
struct CloudWatchLimitTests {
    // MARK: - Metrics

    private func data(_ count: Int, dimension: String = "t") -> [MetricDatum] {
        (0..<count).map { number in
            let dimensions = [MetricDatum.Dimension("Table", "\(dimension)\(number)")]
            return MetricDatum("M", Double(number), unit: "Count", dimensions: dimensions, time: 1_700_000_000)
        }
    }

    @Test
    func `a form says what it holds`() {
        let forms = MetricForm.forms(namespace: "Tokyo-IA/ETL", data(1, dimension: "billing.a b"))
        #expect(
            forms.map(\.text) == [
                "Action=PutMetricData&Version=2010-08-01&Namespace=Tokyo-IA%2FETL&MetricData.member.1.MetricName=M"
                    + "&MetricData.member.1.Dimensions.member.1.Name=Table"
                    + "&MetricData.member.1.Dimensions.member.1.Value=billing.a%20b0&MetricData.member.1.Value=0.0"
                    + "&MetricData.member.1.Unit=Count&MetricData.member.1.Timestamp=2023-11-14T22%3A13%3A20Z"
            ]
        )
    }

    @Test
    func `a request has a thousand values at the most`() {
        #expect(MetricForm.forms(namespace: "n", data(2_001)).map(\.count) == [1_000, 1_000, 1])
        #expect(MetricForm.forms(namespace: "n", data(0)).isEmpty)
    }

    @Test
    func `a request has a megabyte at the most`() {
        let forms = MetricForm.forms(namespace: "n", data(900, dimension: String(repeating: "#", count: 1_000)))
        #expect(forms.count == 3 && forms.reduce(0) { $0 + $1.count } == 900)
        #expect(forms.allSatisfy { $0.text.utf8.count <= 1_000_000 })
    }

    @Test(arguments: [
        ("invoices", "invoices"), ("größe", "gr??e"), (":a", "?a"), ("", "?"), ("  ", "? "), ("a\nb", "a?b"),
    ])
    func `a dimension's value is one that the service takes`(value: String, expected: String) {
        #expect(MetricDatum.Dimension("Table", value).value == expected)
        #expect(MetricDatum.Dimension("Table", String(repeating: "x", count: 2_000)).value.count == 1_024)
    }

    // MARK: - Logs

    private func record(_ time: Int64, bytes: Int = 1) -> LogRecord {
        LogRecord(timestamp: time, message: String(repeating: "m", count: bytes))
    }

    @Test
    func `a batch is in the order of times, and those of one time in the order they came`() {
        let records = [(2, "c"), (1, "a"), (2, "d"), (1, "b")].map { LogRecord(timestamp: $0.0, message: $0.1) }
        #expect(LogBatch.batches(of: records).map { $0.records.map(\.message) } == [["a", "b", "c", "d"]])
    }

    @Test
    func `a batch has ten thousand events at the most`() {
        let batches = LogBatch.batches(of: (0..<20_001).map { record(Int64($0)) })
        #expect(batches.map(\.records.count) == [10_000, 10_000, 1])
    }

    @Test
    func `a batch has a mebibyte at the most, with 26 bytes for each event`() {
        // 1,024 events of 1,024 bytes each, as they are counted, and one more.
        let batches = LogBatch.batches(of: (0..<1_025).map { record(Int64($0), bytes: 1_024 - 26) })
        #expect(batches.map(\.records.count) == [1_024, 1])
    }

    @Test
    func `a batch spans less than a day`() {
        let day: Int64 = 24 * 3_600 * 1_000
        let batches = LogBatch.batches(of: [record(0), record(day - 1), record(day), record(2 * day)])
        #expect(batches.map { $0.records.map(\.timestamp) } == [[0, day - 1], [day], [2 * day]])
    }

    @Test
    func `an event that is too long is cut between two letters`() {
        let limit = 1_048_576 - 26
        #expect(record(0, bytes: limit).message.utf8.count == limit)
        #expect(record(0, bytes: limit + 9).byteCount == 1_048_576)
        for (letter, size) in [("é", 2), ("€", 3), ("😀", 4)] {
            for offset in 0..<4 {
                let text = String(repeating: "m", count: limit - offset) + letter + "tail"
                let rest = offset >= size ? letter + "tail".prefix(offset - size) : ""
                let kept = String(repeating: "m", count: limit - offset) + rest
                #expect(LogRecord(timestamp: 0, message: text).message == kept)
            }
        }
        #expect(LogRecord(timestamp: 0, message: "").message == " ")
    }

    @Test
    func `a stream's name holds nothing that the service refuses`() {
        let name = LogStreamName.name(command: "replicate", host: "h:1*2 x", start: Timestamp(seconds: 0), process: 7)
        #expect(name == "replicate/h_1_2_x/19700101T000000Z-7")
    }
}
