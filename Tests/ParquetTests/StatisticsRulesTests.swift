import Columnar
import Testing

@testable import Parquet

/// Which bounds of a file are relied on.
@Suite
struct StatisticsRulesTests {
    private static func leaf(
        _ physical: Int32,
        length: Int32? = nil,
        _ annotation: FileMetadata.Annotation? = nil,
        converted: Int32? = nil,
        levels: (Int, Int) = (1, 0)
    ) throws -> SchemaLeaf {
        var element = FileMetadata.SchemaElement(name: "leaf")
        element.physicalType = physical
        element.typeLength = length
        element.annotation = annotation
        element.convertedType = converted
        return try SchemaLeaf(element, index: 0, path: ["leaf"], levels: levels)
    }

    private static func rules(
        _ leaf: SchemaLeaf,
        _ order: FileMetadata.ColumnOrder? = .type,
        createdBy: String? = nil
    ) -> StatisticsRules {
        var metadata = FileMetadata(version: 1, schema: [], rowCount: 0, rowGroups: [])
        metadata.columnOrders = order.map { [$0] }
        metadata.createdBy = createdBy
        return StatisticsRules(leaf, metadata)
    }

    private static func statistics(_ min: [UInt8]?, _ max: [UInt8]?, isDeprecated: Bool = false) -> ColumnStatistics {
        var statistics = ColumnStatistics()
        if isDeprecated {
            statistics.deprecatedMin = min
            statistics.deprecatedMax = max
        } else {
            statistics.min = min
            statistics.max = max
        }
        return statistics
    }

    private static func bytes(_ value: Int32) -> [UInt8] { bytes(UInt64(UInt32(bitPattern: value)), 4) }

    private static func bytes(_ value: Double) -> [UInt8] { bytes(value.bitPattern, 8) }

    private static func bytes(_ bits: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: bits >> UInt64($0 * 8)) }
    }

    private static func hasBounds(_ rules: StatisticsRules, _ statistics: ColumnStatistics) -> Bool {
        rules.summary(statistics, entryCount: 10).lower != nil
    }

    @Test
    func `without an order of columns, only signed numbers have bounds`() throws {
        let numbers = Self.statistics(Self.bytes(1 as Int32), Self.bytes(5 as Int32))
        let texts = Self.statistics([1], [2])
        let unsigned = try Self.leaf(1, .integer(bitWidth: 32, isSigned: false))
        #expect(Self.hasBounds(Self.rules(try Self.leaf(1), nil), numbers))
        #expect(!Self.hasBounds(Self.rules(unsigned, nil), numbers) && Self.hasBounds(Self.rules(unsigned), numbers))
        #expect(!Self.hasBounds(Self.rules(try Self.leaf(6), nil), texts))
        #expect(Self.hasBounds(Self.rules(try Self.leaf(6)), texts))
    }

    @Test
    func `orders that are not known have no bounds`() throws {
        let numbers = Self.statistics(Self.bytes(1 as Int32), Self.bytes(5 as Int32))
        let doubles = Self.statistics(Self.bytes(1.0), Self.bytes(5.0))
        #expect(!Self.hasBounds(Self.rules(try Self.leaf(1), .unknown), numbers))
        #expect(!Self.hasBounds(Self.rules(try Self.leaf(1), .ieee754Total), numbers))
        #expect(Self.hasBounds(Self.rules(try Self.leaf(5), .ieee754Total), doubles))
        let int96 = Self.statistics(Array(repeating: 0, count: 12), Array(repeating: 9, count: 12))
        #expect(!Self.hasBounds(Self.rules(try Self.leaf(3), .type), int96))
        #expect(!Self.hasBounds(Self.rules(try Self.leaf(3), .int96Timestamp), int96))
        #expect(!Self.hasBounds(Self.rules(try Self.leaf(7, length: 12, converted: 21)), int96))
        #expect(!Self.hasBounds(Self.rules(try Self.leaf(7, length: 2, .float16)), Self.statistics([0, 0], [0, 1])))
        let decimal = try Self.leaf(6, .decimal(precision: 9, scale: 2))
        #expect(!Self.hasBounds(Self.rules(decimal), Self.statistics([1], [2])))
    }

    @Test
    func `deprecated bounds are those of signed numbers alone`() throws {
        let numbers = Self.statistics(Self.bytes(-1 as Int32), Self.bytes(5 as Int32), isDeprecated: true)
        let texts = Self.statistics([1], [2], isDeprecated: true)
        #expect(Self.hasBounds(Self.rules(try Self.leaf(1)), numbers))
        #expect(Self.hasBounds(Self.rules(try Self.leaf(1), nil), numbers))
        #expect(!Self.hasBounds(Self.rules(try Self.leaf(1, .integer(bitWidth: 32, isSigned: false))), numbers))
        #expect(!Self.hasBounds(Self.rules(try Self.leaf(6)), texts))
        #expect(!Self.hasBounds(Self.rules(try Self.leaf(7, length: 1, .decimal(precision: 2, scale: 0))), texts))
    }

    @Test(
        arguments: [
            ("parquet-mr version 1.6.0rc3 (build abc)", false), ("parquet-mr version 1.7.9 (build abc)", false),
            ("parquet-mr version 1.8.0-SNAPSHOT (build abc)", false), ("parquet-mr", false),
            ("parquet-mr version 1.8.0 (build abc)", true), ("parquet-mr version 1.10.1 (build abc)", true),
            ("parquet-cpp version 1.5.1", true), ("DuckDB", true), (nil, true),
        ] as [(String?, Bool)]
    )
    func `early versions of parquet-mr have no bounds of bytes`(createdBy: String?, hasBounds: Bool) throws {
        for leaf in [try Self.leaf(6, .string), try Self.leaf(7, length: 1)] {
            let rules = Self.rules(leaf, createdBy: createdBy)
            #expect(Self.hasBounds(rules, Self.statistics([1], [2])) == hasBounds)
        }
        let numbers = Self.statistics(Self.bytes(1 as Int32), Self.bytes(5 as Int32))
        #expect(Self.hasBounds(Self.rules(try Self.leaf(1), createdBy: createdBy), numbers))
    }

    @Test
    func `bounds that are NaN, of another width or the wrong way around say nothing`() throws {
        let doubles = Self.rules(try Self.leaf(5))
        #expect(!Self.hasBounds(doubles, Self.statistics(Self.bytes(Double.nan), Self.bytes(1.0))))
        #expect(!Self.hasBounds(doubles, Self.statistics(Self.bytes(1.0), Self.bytes(Double.nan))))
        #expect(!Self.hasBounds(doubles, Self.statistics([1, 2, 3], Self.bytes(1.0))))
        #expect(!Self.hasBounds(doubles, Self.statistics(Self.bytes(2.0), Self.bytes(1.0))))
        #expect(!Self.hasBounds(Self.rules(try Self.leaf(0)), Self.statistics([], [1])))
        let decimal = Self.rules(try Self.leaf(7, length: 2, .decimal(precision: 4, scale: 0)))
        #expect(!Self.hasBounds(decimal, Self.statistics([], [])))
        #expect(Self.hasBounds(decimal, Self.statistics([0xff, 0], [0, 1])))
    }

    @Test
    func `shortened bounds keep everything that lies behind them`() throws {
        let rules = Self.rules(try Self.leaf(6, .string))
        let summary = rules.summary(Self.statistics(Array("abc".utf8), Array("abe".utf8)), entryCount: 10)
        func may(_ comparison: RowFilter.Comparison, _ text: String) -> Bool {
            summary.mayMatch(comparison, Array(text.utf8), rules.order)
        }
        #expect(may(.equal, "abc") && may(.equal, "abcd") && may(.equal, "abd") && !may(.equal, "abf"))
        #expect(!may(.equal, "ab") && !may(.less, "abc") && may(.less, "abcc") && may(.lessOrEqual, "abc"))
        #expect(may(.greater, "abd") && !may(.greater, "abe") && may(.greaterOrEqual, "abe"))
        #expect(!may(.greaterOrEqual, "abf") && may(.notEqual, "abc"))
    }

    @Test
    func `one value alone is equal to itself only`() throws {
        let rules = Self.rules(try Self.leaf(1))
        let five = Self.bytes(5 as Int32)
        let summary = rules.summary(Self.statistics(five, five), entryCount: 10)
        #expect(!summary.mayMatch(.notEqual, five, rules.order))
        #expect(summary.mayMatch(.notEqual, Self.bytes(6 as Int32), rules.order))
        let doubles = Self.rules(try Self.leaf(5))
        let one = Self.bytes(1.0)
        // There may be NaN besides.
        #expect(doubles.summary(Self.statistics(one, one), entryCount: 10).mayMatch(.notEqual, one, doubles.order))
        #expect(
            doubles.summary(Self.statistics(one, one), entryCount: 10).mayMatch(.less, Self.bytes(.nan), doubles.order)
        )
    }

    @Test
    func `counts of NULL say whether there are values, and of flat leaves whether there are NULLs`() throws {
        func summary(_ leaf: SchemaLeaf, nulls: Int?) -> ValueSummary {
            var statistics = ColumnStatistics()
            statistics.nullCount = nulls
            return Self.rules(leaf).summary(statistics, entryCount: 10)
        }
        let optional = try Self.leaf(1)
        let listed = try Self.leaf(1, levels: (3, 1))
        #expect(summary(optional, nulls: 0) == ValueSummary(mayHoldNull: false))
        #expect(summary(optional, nulls: 10) == ValueSummary(mayHoldValue: false))
        #expect(summary(optional, nulls: nil) == ValueSummary())
        #expect(summary(optional, nulls: -1) == ValueSummary())
        #expect(summary(listed, nulls: 0) == ValueSummary())
        #expect(summary(listed, nulls: 10) == ValueSummary(mayHoldValue: false))
        #expect(summary(try Self.leaf(1, levels: (0, 0)), nulls: nil) == ValueSummary(mayHoldNull: false))
    }
}
