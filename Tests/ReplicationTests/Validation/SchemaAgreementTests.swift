import Columnar
import Lake
import PostgresWire
import Testing

@testable import Replication

@Suite
struct SchemaAgreementTests {
    private let agreement = SchemaAgreement(
        columns: [
            SchemaAgreement.Expected(name: "id", type: .leaf(.int64, nil)),
            SchemaAgreement.Expected(name: "email", type: .leaf(.byteArray, .string), mask: "sha256"),
            SchemaAgreement.Expected(
                name: "since",
                type: .leaf(.int32, nil),
                since: ChangePosition(lsn: LSN(rawValue: 100))
            ),
        ],
        key: ["id"],
        partition: TableDescription.Partition(column: "created_at", timeZone: "UTC"),
        known: ["id", "email", "since", "dropped"],
        excluded: ["secret"],
        isStreamed: true,
        hasDeleted: false
    )

    private func file(
        _ columns: [(String, ColumnType)],
        applied: UInt64 = 50,
        _ change: (inout TableDescription) -> Void = { _ in }
    ) -> SchemaAgreement.File {
        var description = TableDescription(
            table: "public.t",
            columns: columns.map { name, _ in
                let mask = name == "email" ? "sha256" : nil
                return TableDescription.Column(name: name, type: "", key: name == "id", mask: mask)
            },
            key: ["id"],
            partition: TableDescription.Partition(column: "created_at", timeZone: "UTC")
        )
        change(&description)
        let fields = columns.map { Field(name: $0, type: $1) } + [Field(name: "_lsn", type: .leaf(.int64, nil))]
        return SchemaAgreement.File(
            schema: TableSchema(fields: fields),
            description: description,
            applied: ChangePosition(lsn: LSN(rawValue: applied))
        )
    }

    private func texts(_ file: SchemaAgreement.File) -> [String] {
        agreement.problems(of: file).map { "\($0.severity): \($0.text)" }
    }

    private let id = ("id", ColumnType.leaf(.int64, nil))
    private let email = ("email", ColumnType.leaf(.byteArray, .string))
    private let since = ("since", ColumnType.leaf(.int32, nil))

    @Test
    func `a file that is as the table agrees, also with columns that it had`() {
        #expect(texts(file([id, email, since])).isEmpty)
        #expect(texts(file([id, ("dropped", .leaf(.double, nil)), email, since])).isEmpty)
    }

    @Test
    func `a file from before a column came need not have it, and may have a narrower type`() {
        #expect(texts(file([("id", .leaf(.int32, nil)), email])).isEmpty)
        #expect(texts(file([id, email], applied: 100)) == ["warning: has no column since, which reads as NULL"])
    }

    @Test
    func `another type, an excluded column and another mask are told`() {
        #expect(
            texts(file([("id", .leaf(.byteArray, .string)), email, since]))
                == ["failure: has column id as STRING where the table needs INT64"]
        )
        #expect(
            texts(file([id, email, since, ("secret", .leaf(.byteArray, .string))]))
                == ["failure: has column secret, which exclude_columns leaves out"]
        )
        #expect(
            texts(file([id, email, since, ("odd", .leaf(.int32, nil))]))
                == ["warning: has column odd, which the table does not have"]
        )
        #expect(
            texts(file([id, email, since]) { $0.columns[1].mask = nil })
                == ["failure: has column email masked otherwise than the settings say"]
        )
    }

    @Test
    func `a footer that does not fit its file or the settings is told`() {
        #expect(
            texts(file([id, email, since]) { $0.partition?.timeZone = "Asia/Tokyo" })
                == ["failure: was divided into days otherwise than the settings say (partition_by, time_zone)"]
        )
        #expect(
            texts(file([id, email, since]) { $0.columns.removeLast() })
                == ["failure: has a column since that its footer does not name"]
        )
        #expect(texts(file([id, email, since]) { $0.key = [] }).count == 1)
        var silent = file([id, email, since])
        silent.description = nil
        #expect(texts(silent) == ["failure: does not say of which table and columns it is"])
    }
}
