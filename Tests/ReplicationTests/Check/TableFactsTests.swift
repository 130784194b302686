import ObjectStorage
import PostgresWire
import TestSupport
import Testing

@testable import Replication

@Suite
struct TableFactsTests {
    private func findings(_ change: (inout TableFacts) -> Void = { _ in }) -> [Finding] {
        checkedTable(change).findings(for: .replicate, role: "reader")
    }

    @Test
    func `a table that is well says how it is exported`() {
        #expect(findings().map(\.status) == [.ok])
        #expect(findings()[0].message == "by day of created_at; changes name rows by id")
    }

    @Test
    func `what the role may not read fails with the grants`() {
        let unreadable = findings { facts in
            for index in facts.table.columns.indices { facts.table.columns[index].isReadable = false }
        }
        #expect(unreadable[0].status == .fail && unreadable[0].check == "select")
        #expect(unreadable[0].remedies == [.sql("GRANT SELECT ON \"public\".\"invoices\" TO \"reader\"")])
        let schema = findings { $0.mayUseSchema = false }
        #expect(schema[0].remedies.first == .sql("GRANT USAGE ON SCHEMA \"public\" TO \"reader\""))
        let hidden = findings { $0.hidesRows = true }
        #expect(hidden[0].remedies == [.sql("ALTER ROLE \"reader\" BYPASSRLS")])
    }

    @Test
    func `an export leaves out what the role may not read, which fails only if the settings name it`() {
        func findings(_ purpose: Preflight.Purpose, isNamed: Bool) -> [Finding] {
            let facts = checkedTable { facts in
                facts.table.isReadable = false
                facts.table.columns[1].isReadable = false
                facts.isNamed = isNamed
            }
            return facts.findings(for: purpose, role: "reader")
        }
        let grant = Remedy.sql("GRANT SELECT ON \"public\".\"invoices\" TO \"reader\"")
        #expect(findings(.backfill, isNamed: false).map(\.status) == [.warn])
        #expect(findings(.backfill, isNamed: false)[0].remedies == [grant])
        #expect(findings(.backfill, isNamed: true)[0].status == .fail)
        #expect(findings(.replicate, isNamed: false)[0].status == .fail)
    }

    @Test
    func `a column that is left out need not be readable`() {
        let findings = findings { facts in
            facts.table.columns.append(
                .init(name: "notes", typeOID: TypeOID.text, modifier: -1, typeName: "", isKey: false, isReadable: false)
            )
            facts.options.excludedColumns = ["notes"]
        }
        #expect(findings.map(\.status) == [.ok])
    }

    private func keyless(_ kind: PgOutputRelation.Identity, _ change: (inout TableFacts) -> Void) -> Finding? {
        findings { facts in
            facts.table.identity = ReplicaIdentity(kind: kind, key: [])
            change(&facts)
        }.first { $0.check == "identity" }
    }

    @Test
    func `a table without a key is left out, which fails if it is named`() {
        #expect(keyless(.primaryKey) { _ in }?.status == .warn)
        #expect(keyless(.primaryKey) { $0.isNamed = true }?.status == .fail)
        #expect(keyless(.full) { $0.isNamed = true } == nil)
    }

    @Test
    func `a published table without a key fails where rows change`() {
        let still = keyless(.nothing) { $0.isPublished = true }
        #expect(still?.status == .warn)
        let changing = keyless(.nothing) {
            $0.isPublished = true
            $0.hasUpdates = true
        }
        #expect(changing?.status == .fail)
        // It has a primary key, of which the identity only has to make use.
        #expect(changing?.remedies == [.sql("ALTER TABLE \"public\".\"invoices\" REPLICA IDENTITY DEFAULT")])
    }

    @Test
    func `a generated key fails, and so does a day by a generated column`() {
        let key = findings { $0.table.identity.unsent = ["id"] }
        #expect(key.map(\.check) == ["generated_key"])
        let day = findings {
            $0.table.identity.unsent = ["created_at"]
            $0.generated = ["created_at"]
        }
        #expect(day.map(\.status) == [.fail])
        #expect(day.first?.message.contains("is generated") == true)
    }

    @Test
    func `settings that would lose the key fail`() {
        let findings = findings { $0.options.excludedColumns = ["id"] }
        #expect(findings.map(\.check) == ["settings"])
        let misfit = findings.first.map(\.message)
        #expect(misfit?.contains("take it off exclude_columns") == true)
    }

    @Test
    func `a partition column that may be NULL or has no index is told with the statements`() {
        let nullable = findings { $0.notNull = ["id"] }
        #expect(nullable.map(\.status) == [.warn])
        let constraint = "ALTER TABLE \"public\".\"invoices\" ALTER COLUMN \"created_at\" SET NOT NULL"
        #expect(nullable[0].remedies == [.sql(constraint)])
        let slow = findings { $0.table.leaves[0].indexes = [:] }
        #expect(slow[0].remedies == [.sql("CREATE INDEX CONCURRENTLY ON \"public\".\"invoices\" (\"created_at\")")])
        let parent = findings {
            $0.table.leaves[0].indexes = [:]
            $0.table.isPartitioned = true
        }
        #expect(parent[0].remedies == [.sql("CREATE INDEX ON \"public\".\"invoices\" (\"created_at\")")])
        let small = findings {
            $0.table.leaves[0].indexes = [:]
            $0.table.leaves[0].pageCount = 3
        }
        #expect(small.map(\.status) == [.ok])
    }

    @Test
    func `a table without created_at names the columns that would do`() {
        let findings = findings {
            $0.table.columns[1].name = "Issued: on"
            $0.dayColumns = ["Issued: on"]
        }
        #expect(findings.map(\.status) == [.warn])
        #expect(findings[0].remedies == [.settings("partition_by: \"Issued: on\"")])
    }

    @Test
    func `the column that is proposed is the one of init, and none whose values seem to change`() {
        func findings(_ columns: [String]) -> [Finding] { self.findings { $0.dayColumns = columns } }
        let origin = findings(["updated_at", "issued_on"])
        #expect(origin[0].remedies == [.settings("partition_by: issued_on")])
        #expect(origin[0].message.hasSuffix("it could go by day of issued_on, updated_at"))
        let changing = findings(["updated_at", "due_date"])
        #expect(changing[0].message.contains("the values of updated_at, due_date seem to change"))
        #expect(changing[0].remedies == [.advice("If they do not: partition_by: updated_at")])
    }

    @Test
    func `an unlogged table is told`() {
        let findings = findings { $0.isUnlogged = true }
        #expect(findings.map(\.check) == ["unlogged"])
        #expect(checkedTable { $0.isUnlogged = true }.findings(for: .backfill, role: "r").map(\.status) == [.ok])
    }

    @Test
    func `large values are only mentioned`() {
        let tables = [
            checkedTable { $0.largeColumns = ["a", "b", "c", "d"] },
            checkedTable {
                $0.largeColumns = ["e"]
                $0.table.name = "other"
            },
            checkedTable(),
        ]
        let finding = tables.largeValueFinding
        #expect(finding?.status == .ok)
        #expect(finding?.message.hasSuffix("invoices (a, b, c, …), other (e)") == true)
        #expect([checkedTable()].largeValueFinding == nil)
    }

    @Test
    func `of many tables only those with something to do are shown`() {
        let well = (0..<30).map { _ in [Finding(.ok, .tables, "table", "x")] }
        let ill = [Finding(.warn, .tables, "table", of: "t", "y")]
        #expect(TablesCheck.shortened(well + [ill]).map(\.message) == ["y", "30 tables as they should be"])
        #expect(TablesCheck.shortened(Array(well.prefix(3))).count == 3)
    }
}

@Suite
struct PublicationFactsTests {
    private func findings(
        _ publication: PublicationFacts,
        _ tables: [TableFacts] = [checkedTable()],
        mayCreate: Bool = true
    ) -> [Finding] {
        publication.findings(wanted: tables, mayCreate: mayCreate, namesTables: true)
    }

    @Test
    func `a publication that is missing is made by sluice, or has the statement for who may`() {
        let missing = PublicationFacts(name: "Odd", exists: false)
        #expect(findings(missing).map(\.status) == [.ok])
        let statement =
            "CREATE PUBLICATION \"Odd\" FOR TABLE \"public\".\"invoices\" WITH (publish_via_partition_root = true)"
        #expect(findings(missing, mayCreate: false).first?.remedies == [.sql(statement)])
        #expect(findings(missing, [checkedTable { $0.isOwned = false }]).map(\.status) == [.fail])
        #expect(findings(missing, []).map(\.status) == [.fail])
    }

    @Test
    func `a table that the publication lacks is added by sluice, or has the statement for its owner`() {
        #expect(findings(PublicationFacts(name: "p")).map(\.status) == [.ok])
        let foreign = findings(PublicationFacts(name: "p", isOwned: false))
        #expect(foreign.map(\.status) == [.fail])
        #expect(foreign[0].remedies == [.sql("ALTER PUBLICATION \"p\" ADD TABLE \"public\".\"invoices\"")])
        #expect(findings(PublicationFacts(name: "p", isForAllTables: true, isOwned: false)).map(\.status) == [.ok])
        #expect(findings(PublicationFacts(name: "p", isOwned: false, tables: [16_384])).map(\.status) == [.ok])
    }

    @Test
    func `partitions as tables of their own fail`() {
        let leaves = findings(
            PublicationFacts(name: "p", isViaRoot: false),
            [checkedTable { $0.table.isPartitioned = true }]
        )
        #expect(leaves.map(\.status) == [.fail])
        #expect(leaves[0].remedies == [.sql("ALTER PUBLICATION \"p\" SET (publish_via_partition_root = true)")])
        #expect(findings(PublicationFacts(name: "p", isViaRoot: false, tables: [16_384])).map(\.status) == [.ok])
    }

    @Test
    func `a publication of some kinds of change is told`() {
        let findings = findings(PublicationFacts(name: "p", isWhole: false, tables: [16_384]))
        #expect(findings.map(\.status) == [.warn])
    }
}

@Suite
struct LakeCheckTests {
    private let lake = LakeOptions(location: .s3(bucket: "lake-1", prefix: "x"), region: "eu-west-1")

    @Test
    func `a bucket that is missing has the command that makes it`() {
        let error = ObjectStorageError(.bucketMissing, "no bucket", remedy: "Create it")
        let finding = LakeCheck.finding(error, "read", in: lake)
        #expect(finding.status == .fail)
        #expect(finding.remedies == [.shell("aws s3 mb s3://lake-1 --region eu-west-1")])
        var elsewhere = lake
        elsewhere.endpoint = "http://127.0.0.1:9000"
        elsewhere.profile = "my lake"
        let command =
            "aws s3 mb s3://lake-1 --region eu-west-1 --endpoint-url http://127.0.0.1:9000 --profile 'my lake'"
        #expect(LakeCheck.finding(error, "read", in: elsewhere).remedies == [.shell(command)])
    }

    @Test
    func `a bucket in another region has the setting`() {
        let finding = LakeCheck.regionFinding(wanted: "eu-west-1", found: "us-east-1")
        #expect(finding?.remedies == [.settings("lake: { region: us-east-1 }")])
        #expect(LakeCheck.regionFinding(wanted: "eu-west-1", found: "eu-west-1") == nil)
        #expect(LakeCheck.regionFinding(wanted: nil, found: "eu-west-1") == nil)
    }

    @Test
    func `a folder that is missing is not made`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a/b"
        #expect(LakeCheck.missingFolder(path).status == .ok)
    }

    @Test
    func `a file in the place of a folder is told, without a command that cannot help`() async {
        for path in ["/dev/null", "/dev/null/x"] {
            let findings = await LakeCheck(lake: LakeOptions(location: .folder(path: path))).findings()
            #expect(findings.map(\.status) == [.fail])
            #expect(findings.first?.remedies == [.settings("lake: { url: … }")])
        }
        #expect(LakeCheck.spillFinding("/dev/null/x")?.remedies == [.settings("spill_directory: …")])
    }

    @Test
    func `without credentials the remedy is the one that fits, and no other`() {
        let error = ObjectStorageError(.noCredentials, "no profile x", remedy: "Correct the profile's name")
        #expect(LakeCheck.finding(error, "read", in: lake).remedies == [.advice("Correct the profile's name")])
    }
}
