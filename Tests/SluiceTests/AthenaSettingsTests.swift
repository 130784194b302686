import Lake
import Replication
import Testing

@testable import sluice

@Suite
struct AthenaSettingsTests {
    private static let lake = "lake: { url: s3://b-k/l }\n"

    private func read(_ yaml: String) throws -> AthenaOptions? {
        try Settings(yaml: Self.lake + yaml, file: "f", environment: [:]).athena
    }

    private func problems(_ yaml: String) -> String {
        do {
            _ = try Settings(yaml: yaml, file: "f", environment: [:])
            return ""
        } catch {
            return error.problems.map { "\($0)" }.joined(separator: "\n")
        }
    }

    @Test
    func `a database is enough, and everything can be said`() throws {
        #expect(try read("athena: { database: billing }") == AthenaOptions(database: "billing"))
        let all = """
            athena:
              database: billing_2
              workgroup: wg.1-x
              output: s3://results/athena
              partitions: registered
              live_views: false
            """
        #expect(
            try read(all)
                == AthenaOptions(
                    database: "billing_2",
                    workGroup: "wg.1-x",
                    output: "s3://results/athena/",
                    partitions: .registered,
                    liveViews: false
                )
        )
    }

    @Test(arguments: ["", "athena: null", "athena: {}", "athena: { database: null, workgroup: primary }"])
    func `without a database there is no catalog`(yaml: String) throws {
        #expect(try read(yaml) == nil)
    }

    @Test(arguments: [
        ("athena: { workgroup: w }", "athena.database"), ("athena: { database: Billing }", "athena.database"),
        ("athena: { database: a-b }", "athena.database"), ("athena: { database: d, output: /tmp }", "athena.output"),
        ("athena: { database: d, output: 's3://' }", "athena.output"),
        ("athena: { database: d, workgroup: 'a b' }", "athena.workgroup"),
        ("athena: { database: d, partitions: both }", "athena.partitions"),
        ("athena: { database: d, live_views: 1 }", "athena.live_views"),
        ("athena: { database: d, outptu: x }", "athena.outptu"),
        ("athena: { database: d }\nparquet: { compression: lz4 }", "parquet.compression"),
    ])
    func `what cannot be is refused with its key`(yaml: String, key: String) {
        #expect(problems(Self.lake + yaml).contains(key))
    }

    @Test
    func `a folder has no catalog in Athena`() {
        #expect(problems("lake: { url: /tmp/lake }\nathena: { database: d }").contains("s3://bucket/prefix"))
        #expect(problems("lake: { url: /tmp/lake }\nathena: { database: null }").isEmpty)
    }
}
