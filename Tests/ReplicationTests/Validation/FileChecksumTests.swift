import Columnar
import Ingest
import Lake
import PostgresWire
import Testing

@testable import Replication

@Suite
struct FileChecksumTests {
    private static let types = TypeCatalog(
        [(20, "int8"), (25, "text")].map { oid, name in
            PostgresType(
                oid: oid,
                name: name,
                kind: .base,
                baseOID: 0,
                baseModifier: -1,
                elementOID: 0,
                delimiter: ",",
                outputFunction: "pg_catalog.\(name)out"
            )
        }
    )

    private static func column(_ name: String, _ oid: UInt32) throws -> ChecksumPlan.Column {
        ChecksumPlan.Column(
            source: name,
            name: name,
            comparison: .values,
            mapping: try #require(ColumnMapping(typeOID: oid, modifier: -1, override: nil, types: types)),
            printing: try #require(
                ServerText(typeOID: oid, modifier: -1, override: nil, comparison: .values, types: types)
            )
        )
    }

    private static func plan(key: [Int]) throws -> ChecksumPlan {
        ChecksumPlan(
            displayName: "t",
            lakeName: "t",
            columns: [try column("id", 20), try column("note", 25), try column("late", 25)],
            key: key,
            relation: "t"
        )
    }

    private static func hash(_ text: String, seed: UInt64) -> UInt64 {
        Array(text.utf8).withUnsafeBytes { TextHash.hash($0, seed: seed) }
    }

    private static let fields = [
        Field(name: "gone", type: .leaf(.int32, nil)), Field(name: "note", type: .leaf(.byteArray, .string)),
        Field(name: "id", type: .leaf(.int64, nil)), Field(name: "_lsn", type: .leaf(.int64, nil)),
        Field(name: "_deleted", type: .leaf(.boolean, nil)), Field(name: "_rescued", type: .leaf(.byteArray, .json)),
    ]

    /// The rows 1 to 3: one current, one deleted, one with a value that its column cannot hold.
    private static func batch(_ names: [String]) -> RowBatch {
        RowBatch(
            columns: names.map { name in
                let column = Column(type: fields.first { $0.name == name }?.type ?? .leaf(.int64, nil))
                switch name {
                case "id": for id in 1...3 as ClosedRange<Int64> { column.append(id) }
                case "note":
                    column.append("one")
                    column.append("two")
                    column.appendNulls(1)
                case "_deleted":
                    column.appendNulls(1)
                    column.append(true)
                    column.append(false)
                default:
                    column.appendNulls(2)
                    column.append(#"{"other":"x","note":"th\u0072ee"}"#)
                }
                return column
            }
        )
    }

    @Test
    func `deleted rows do not count, rescued values do, and what a file lacks is NULL`() throws {
        var sums = FileChecksum(plan: try Self.plan(key: [0]), schema: TableSchema(fields: Self.fields))
        #expect(sums.names == ["id", "note", "_deleted", "_rescued"])
        sums.add(Self.batch(sums.names))
        let (one, three) = (Self.hash("1", seed: 0), Self.hash("3", seed: 0))
        #expect(sums.checksum.rowCount == 2)
        #expect(sums.checksum.keySum == one &+ three)
        #expect(
            sums.checksum.columnSums == [
                Self.hash("1", seed: one) &+ Self.hash("3", seed: three),
                Self.hash("one", seed: one) &+ Self.hash("three", seed: three), 0,
            ]
        )
    }

    @Test
    func `rows without a key are hashed as wholes`() throws {
        var sums = FileChecksum(plan: try Self.plan(key: []), schema: TableSchema(fields: Self.fields))
        sums.add(Self.batch(sums.names))
        func row(_ texts: String...) -> UInt64 {
            let hashes = texts.map { String(Int64(bitPattern: Self.hash($0, seed: 0))) } + ["NULL"]
            return Self.hash("{\(hashes.joined(separator: ","))}", seed: 0)
        }
        #expect(sums.checksum.keySum == row("1", "one") &+ row("3", "three"))
        #expect(sums.checksum.columnSums[1] == Self.hash("one", seed: 0) &+ Self.hash("three", seed: 0))
    }

    @Test
    func `a file without any of the columns still has rows`() throws {
        let fields = [Field(name: "_lsn", type: .leaf(.int64, nil))]
        var sums = FileChecksum(plan: try Self.plan(key: [0]), schema: TableSchema(fields: fields))
        #expect(sums.names == ["_lsn"])
        let column = Column(type: .leaf(.int64, nil))
        column.append(5 as Int64)
        sums.add(RowBatch(columns: [column]))
        #expect(sums.checksum.rowCount == 1 && sums.checksum.keySum == 0)
    }

    @Test
    func `marks of other types than the lake's are none`() throws {
        let fields = [
            Field(name: "id", type: .leaf(.int64, nil)), Field(name: "_lsn", type: .leaf(.int64, nil)),
            Field(name: "_deleted", type: .list(.leaf(.boolean, nil))),
            Field(name: "_rescued", type: .leaf(.int32, nil)),
        ]
        #expect(FileChecksum(plan: try Self.plan(key: [0]), schema: TableSchema(fields: fields)).names == ["id"])
    }

    @Test(
        arguments: [
            ("0", 0), ("-1", .max), ("18446744073709551616", 0), ("-18446744073709551617", .max),
            ("170141183460469231731687303715884105727", .max), (nil, 0), ("1.5", nil), ("", 0),
        ] as [(String?, UInt64?)]
    )
    func `sums of the server are taken modulo 2^64`(text: String?, sum: UInt64?) {
        #expect(ChecksumRow.sum(text.map { Array($0.utf8) }) == sum)
    }
}
