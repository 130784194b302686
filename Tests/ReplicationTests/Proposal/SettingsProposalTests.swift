import PostgresClient
import PostgresWire
import Testing

@testable import Replication

@Suite
struct SettingsProposalTests {
    private func text(_ tables: [TableFacts], lake: LakeOptions.Location? = nil) throws -> String {
        SettingsProposal(
            database: try DatabaseURL("postgresql://u:hunter2@db:5433/billing?sslmode=require"),
            databaseName: "billing",
            lake: lake,
            tables: tables
        ).text
    }

    @Test
    func `the file names database and lake, without the password`() throws {
        let text = try text([checkedTable()], lake: .s3(bucket: "company-lake", prefix: "x"))
        #expect(text.contains("  url: \"postgresql://u@db:5433/billing?sslmode=require\"\n"))
        #expect(text.contains("lake:\n  url: \"s3://company-lake/x\"\n"))
        #expect(!text.contains("hunter2"))
        #expect(try self.text([checkedTable()]).contains("  url: null\n"))
    }

    @Test
    func `a table has its partition column and the reason`() throws {
        let lines = TableProposal(facts: checkedTable(), name: nil).lines
        #expect(
            lines == [
                "  # about 1,000,000 rows; changes name rows by id", "  - table: invoices",
                "    # created_at is NOT NULL and has an index.", "    partition_by: created_at",
            ]
        )
    }

    private func choice(
        of columns: [String],
        notNull: Set<String> = [],
        generated: Set<String> = []
    ) -> String? {
        PartitionChoice(
            checkedTable {
                $0.dayColumns = columns
                $0.notNull = notNull
                $0.generated = generated
            }
        ).column
    }

    @Test
    func `the column that says when a row came into being is chosen`() {
        #expect(choice(of: ["updated_at", "issued_on", "created_at"]) == "created_at")
        #expect(choice(of: ["due_on", "issued_on", "paid_on"]) == "issued_on")
        #expect(choice(of: ["day", "at"], notNull: ["at"]) == "at")
        #expect(choice(of: ["day", "at"]) == "day")
        #expect(choice(of: ["updated_at", "deleted_at"]) == nil)
        #expect(choice(of: ["created_at", "day"], generated: ["created_at"]) == "day")
        #expect(choice(of: []) == nil)
    }

    @Test(
        arguments: [
            ("email", "sha256"), ("customerEmail", "sha256"), ("password_hash", "null"), ("API key", "null"),
            ("card_number", "sha256"), ("number", nil), ("mailbox_size", nil), ("ip", "sha256"), ("zip", nil),
            ("tokens", nil),
            ("", nil),
        ] as [(String, String?)]
    )
    func `names suggest masks`(name: String, mask: String?) {
        #expect(ColumnHints.mask(of: name) == mask)
    }

    @Test
    func `what cannot be exported is left out with the reason`() {
        let unreadable = checkedTable { $0.table.columns[0].isReadable = false }
        let lines = TableProposal(facts: unreadable, name: nil).lines
        #expect(lines.allSatisfy { $0.hasPrefix("  #") })
        #expect(lines.contains("  # Left out: the role may not read it (GRANT SELECT)"))
    }

    @Test
    func `tables that would share a name get others`() throws {
        let tables = ["A", "a", "a_changes"].map { name in checkedTable { $0.table.name = name } }
        let text = try text(tables)
        #expect(text.contains("    name: public_a_2\n") && text.contains("    name: public_a_changes_2\n"))
    }

    @Test
    func `numbers without a precision, masks and taken names are pointed out`() {
        let facts = checkedTable { facts in
            for name in ["amount", "_lsn", "email"] {
                let type = name == "amount" ? TypeOID.numeric : TypeOID.text
                facts.table.columns.append(
                    .init(name: name, typeOID: type, modifier: -1, typeName: "", isKey: false, isReadable: true)
                )
            }
        }
        let lines = TableProposal(facts: facts, name: nil).lines
        #expect(lines.contains("    #  amount: { as: \"decimal(38,9)\" }"))
        #expect(lines.contains("    #  email: sha256"))
        #expect(lines.contains("    exclude_columns: [\"_lsn\"]"))
    }

    @Test(arguments: [
        ("invoices", "invoices"), ("null", "\"null\""), ("1", "\"1\""), ("a: b", "\"a: b\""), ("${X}", "\"$${X}\""),
        ("$${X}", "\"$$${X}\""), ("a\"\\\n\u{7}", "\"a\\\"\\\\\\n\\u0007\""), ("", "\"\""), ("\u{ffff}", "\"\\uffff\""),
    ])
    func `texts are written as YAML`(text: String, yaml: String) {
        #expect(YAMLText.value(text) == yaml)
    }
}
