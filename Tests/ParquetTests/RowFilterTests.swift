import Bytes
import Columnar
import Parquet
import Testing

/// Filters judged by the rows themselves: what is passed over has no row that matches.
@Suite
struct RowFilterTests {
    /// A row as the tests know it.
    private struct Row {
        var id: Int64
        var number: Int32?
        var price: Double?
        var text: String?
        var tags: [String?]?

        /// A list without elements is an entry without a value.
        var entries: [String?] { tags.flatMap { $0.isEmpty ? nil : $0 } ?? [nil] }
    }

    private static let schema = TableSchema(fields: [
        Field(name: "id", type: .leaf(.int64, nil), isNullable: false), Field(name: "number", type: .leaf(.int32, nil)),
        Field(name: "price", type: .leaf(.double, nil)), Field(name: "text", type: .leaf(.byteArray, .string)),
        Field(name: "tags", type: .list(.leaf(.byteArray, .string))),
    ])

    private static func rows(_ count: Int, _ random: inout SeededRandom) -> [Row] {
        (0..<count).map { row in
            let isSparse = row / 100 % 4 == 1
            func optional<Value>(_ value: Value) -> Value? { isSparse || random.next(below: 9) == 0 ? nil : value }
            return Row(
                id: Int64(row),
                number: optional(Int32(row / 3 - 200 + random.next(below: 20))),
                price: optional([0, -0.0, .nan, Double(random.next(below: 50))][random.next(below: 4)]),
                text: optional(String(repeating: "long ", count: row / 50) + "t\(random.next(below: 40))"),
                tags: optional(
                    (0..<random.next(below: 3)).map { _ in optional("tag \(row / 100) \(random.next(below: 5))") }
                )
            )
        }
    }

    private static func reader(_ rows: [Row], bloomFilters: Bool) throws -> ParquetFileReader {
        try ParquetFileReader(MemoryByteSource(file(rows, bloomFilters: bloomFilters)))
    }

    private static func file(_ rows: [Row], bloomFilters: Bool) throws -> [UInt8] {
        let batch = RowBatch(schema: schema)
        let columns = batch.columns
        for row in rows {
            columns[0].append(row.id)
            if let number = row.number { columns[1].append(number) } else { columns[1].appendNulls(1) }
            if let price = row.price { columns[2].append(price) } else { columns[2].appendNulls(1) }
            if let text = row.text { columns[3].append(text) } else { columns[3].appendNulls(1) }
            guard let tags = row.tags else {
                columns[4].appendNulls(1)
                continue
            }
            columns[4].append(entryCount: tags.count)
            for tag in tags {
                if let tag { columns[4].children[0].append(tag) } else { columns[4].children[0].appendNulls(1) }
            }
        }
        var options = WriterOptions(codec: .snappy)
        options.pageRowCount = 40
        options.rowGroupRowCount = 500
        if bloomFilters {
            for path in [["id"], ["text"], ["price"], ["tags", "list", "element"]] {
                options.columns[path] = ColumnOptions(bloomFilter: BloomFilterOptions())
            }
        }
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, options: options, to: sink)
        try writer.append(batch)
        _ = try writer.finish()
        return sink.bytes
    }

    /// A filter, and the same said in Swift.
    private struct Condition {
        let filter: RowFilter
        let matches: (Row) -> Bool
    }

    private static func condition(_ random: inout SeededRandom, _ rows: [Row], depth: Int = 2) -> Condition {
        if depth > 0, random.next(below: 3) > 0 {
            let parts = (0..<(1 + random.next(below: 3))).map { _ in condition(&random, rows, depth: depth - 1) }
            let filters = parts.map(\.filter)
            return random.next(below: 2) == 0
                ? Condition(filter: .all(filters)) { row in parts.allSatisfy { $0.matches(row) } }
                : Condition(filter: .any(filters)) { row in parts.contains { $0.matches(row) } }
        }
        let row = rows[random.next(below: rows.count)]
        let comparison = RowFilter.Comparison.allCases[random.next(below: 6)]
        switch random.next(below: 9) {
        case 0: return compare("id", comparison, row.id, FilterValue(row.id)) { [$0.id] }
        case 1:
            let number = row.number ?? 5_000
            return compare("number", comparison, number, FilterValue(number)) { [$0.number] }
        case 2:
            let price = row.price.flatMap { $0.isNaN ? nil : $0 } ?? 99
            return compare("price", comparison, price, FilterValue(price)) { [$0.price] }
        case 3:
            let text = row.text ?? "t"
            return compare("text", comparison, Text(text), FilterValue(text)) { [$0.text.map(Text.init)] }
        case 4:
            let tag = row.tags?.compactMap(\.self).first ?? "tag 3"
            return compare("tags", comparison, Text(tag), FilterValue(tag)) { $0.entries.map { $0.map(Text.init) } }
        case 5:
            let texts = [row.text ?? "none", "t5"]
            return Condition(filter: .isIn("text", texts.map { FilterValue($0) })) { row in
                row.text.map { texts.contains($0) } ?? false
            }
        case 6: return Condition(filter: .isNull("number")) { $0.number == nil }
        case 7: return Condition(filter: .isNull("tags")) { $0.entries.contains { $0 == nil } }
        default: return Condition(filter: .isNotNull("price")) { $0.price != nil }
        }
    }

    private static func compare<Value: Comparable>(
        _ leaf: String,
        _ comparison: RowFilter.Comparison,
        _ value: Value,
        _ filterValue: FilterValue,
        _ entries: @escaping (Row) -> [Value?]
    ) -> Condition {
        Condition(filter: .comparison(leaf, comparison, filterValue)) { row in
            entries(row).contains { entry in
                guard let entry else { return false }
                return switch comparison {
                case .equal: entry == value
                case .notEqual: entry != value
                case .less: entry < value
                case .lessOrEqual: entry <= value
                case .greater: entry > value
                case .greaterOrEqual: entry >= value
                }
            }
        }
    }

    /// Compares by bytes, as text does in files.
    private struct Text: Comparable {
        let bytes: [UInt8]

        init(_ text: String) { bytes = Array(text.utf8) }

        static func < (left: Text, right: Text) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `no row that matches is passed over`(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        let rows = Self.rows(1_200, &random)
        let reader = try Self.reader(rows, bloomFilters: seed % 2 == 0)
        var counts = (kept: 0, matching: 0, all: 0)
        for _ in 0..<60 {
            let condition = Self.condition(&random, rows)
            let groups = try reader.rowGroups(matching: condition.filter)
            var first = 0
            for group in 0..<reader.rowGroupCount {
                let count = reader.rowCount(ofRowGroup: group)
                let kept = try reader.rowRanges(ofRowGroup: group, matching: condition.filter)
                let matching = (0..<count).filter { condition.matches(rows[first + $0]) }
                #expect(matching.allSatisfy { row in kept.contains { $0.contains(row) } }, "\(condition.filter)")
                #expect(kept.isEmpty || groups.contains(group))
                first += count
                counts.kept += kept.reduce(0) { $0 + $1.count }
                counts.matching += matching.count
                counts.all += count
            }
        }
        // Something is passed over, and it is a good part of what could be.
        #expect(counts.kept - counts.matching < (counts.all - counts.matching) * 2 / 3, "\(counts)")
    }

    @Test
    func `of sorted rows, most pages are passed over`() throws {
        var random = SeededRandom(state: 1)
        let reader = try Self.reader(Self.rows(1_200, &random), bloomFilters: false)
        let filter = RowFilter.greaterOrEqual("id", 595) && .less("id", 605)
        #expect(try reader.rowGroups(matching: filter) == [1])
        // Pages of 40 rows.
        #expect(try reader.rowRanges(ofRowGroup: 1, matching: filter) == [80..<120])
        #expect(try reader.rowRanges(ofRowGroup: 0, matching: filter) == [])
        let ids = try reader.readRowGroup(1, columns: ["id"], rows: [80..<120]).columns[0]
        #expect(ColumnDump.values(ids) == (580..<620).map { "\($0)" })
        let either = RowFilter.equal("id", 3) || .isIn("id", [1_001, 1_199])
        #expect(try reader.rowGroups(matching: either) == [0, 2])
        #expect(try reader.rowRanges(ofRowGroup: 2, matching: either) == [0..<40, 160..<200])
    }

    @Test
    func `the page index of all leaves of a filter is fetched with one read`() throws {
        var random = SeededRandom(state: 5)
        let source = CountingByteSource(try Self.file(Self.rows(400, &random), bloomFilters: false))
        let reader = try ParquetFileReader(source)
        _ = source.takeReads()
        let filter = RowFilter.less("id", 100) && (.isNull("number") || .greater("text", "t"))
        #expect(try reader.rowGroups(matching: filter) == [0] && source.takeReads().isEmpty)
        #expect(try !reader.rowRanges(ofRowGroup: 0, matching: filter).isEmpty && source.takeReads().count == 1)
    }

    @Test
    func `a bloom filter is not asked for what has many representations`() throws {
        let schema = TableSchema(fields: [
            Field(name: "d", type: .leaf(.double, nil)),
            Field(name: "h", type: .leaf(.fixedLengthByteArray(2), .float16)),
        ])
        let batch = RowBatch(schema: schema)
        for value in [1, -0.0, -Double.nan] { batch.columns[0].append(value) }
        for value in [[0, 0x3c], [0, 0x80], [0, 0x40]] as [[UInt8]] { batch.columns[1].append(fixed: value) }
        var options = WriterOptions()
        options.columns = [[]: ColumnOptions(bloomFilter: BloomFilterOptions())]
        let sink = MemoryByteSink()
        let writer = try ParquetFileWriter(schema: schema, options: options, to: sink)
        try writer.append(batch)
        try writer.finish()
        let reader = try ParquetFileReader(MemoryByteSource(sink.bytes))
        for value in [0.0, .nan] {
            #expect(try reader.rowGroups(matching: .equal("d", FilterValue(value))) == [0])
        }
        #expect(try reader.rowGroups(matching: .equal("d", 0.5)).isEmpty)
        #expect(try reader.rowGroups(matching: .equal("h", FilterValue(plain: [0, 0]))) == [0])
        #expect(try reader.rowGroups(matching: .equal("h", FilterValue(plain: [1, 0]))).isEmpty)
    }

    @Test
    func `a bloom filter passes over values that lie within the bounds`() throws {
        var random = SeededRandom(state: 2)
        let reader = try Self.reader(Self.rows(1_200, &random), bloomFilters: true)
        #expect(try reader.rowGroups(matching: .equal("text", "t7")) == [0])
        #expect(try reader.rowGroups(matching: .equal("text", "t7 and a half")) == [])
        #expect(try reader.rowGroups(matching: .isIn("tags", ["tag 2 x", "tag 11 0"])) == [2])
        let leaf = try #require(reader.leaves.first { $0.path == ["text"] })
        let filter = try #require(try reader.bloomFilter(ofRowGroup: 0, leaf: leaf))
        #expect(filter.mightContain(Array("t7".utf8)) && !filter.mightContain(Array("t7 and a half".utf8)))
        #expect(try reader.bloomFilter(ofRowGroup: 0, leaf: reader.leaves[1]) == nil)
        // Both zeros are one value.
        #expect(try reader.rowGroups(matching: .equal("price", -0.0)) == reader.rowGroups(matching: .equal("price", 0)))
    }

    @Test(
        arguments: [
            .equal("none", 1), .equal("id", "text"), .equal("id", 0.5), .equal("number", 3_000_000_000),
            .equal("text", 1), .equal("price", true), .isIn("id", [1, "2"]), .equal("id", FilterValue(plain: [1, 2])),
            .less("id", -1) && .equal("none", 1), .isNotNull("id") || .equal("id", "text"),
        ] as [RowFilter]
    )
    func `a filter that does not suit the schema is an error`(filter: RowFilter) throws {
        var random = SeededRandom(state: 3)
        let reader = try Self.reader(Self.rows(10, &random), bloomFilters: false)
        #expect(throws: ParquetReadError.self) { try reader.rowGroups(matching: filter) }
        #expect(throws: ParquetReadError.self) { try reader.rowRanges(ofRowGroup: 0, matching: filter) }
        #expect(throws: ParquetReadError.self) { try reader.rowRanges(ofRowGroup: 1, matching: .isNull("id")) }
    }

    @Test
    func `page indexes and bloom filters that are damaged are an error or a value`() throws {
        var random = SeededRandom(state: 4)
        let rows = Self.rows(200, &random)
        let file = try Self.file(rows, bloomFilters: true)
        let end = file.count - 8
        let pages =
            try ParquetFileReader(MemoryByteSource(file)).metadata.rowGroups[0].columns
            .map { $0.dataPageOffset }.max() ?? 4
        for _ in 0..<500 {
            var damaged = file
            damaged[pages + random.next(below: end - pages)] ^= UInt8(truncatingIfNeeded: 1 + random.next(below: 255))
            guard let reader = try? ParquetFileReader(MemoryByteSource(damaged)) else { continue }
            let filter = Self.condition(&random, rows).filter
            // The errors are typed: that the process goes on is what is tested.
            for group in (try? reader.rowGroups(matching: filter)) ?? [] {
                guard let kept = try? reader.rowRanges(ofRowGroup: group, matching: filter) else { continue }
                _ = try? reader.readRowGroup(group, rows: kept)
            }
        }
    }
}
