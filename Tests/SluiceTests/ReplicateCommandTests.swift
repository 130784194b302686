import ArgumentParser
import Ingest
import PostgresClient
import PostgresWire
import Replication
import Testing

@testable import sluice

@Suite
struct ReplicateCommandTests {
    let connection = ["--database", "postgresql://u:hunter2@h/d", "--lake", "lake"]

    private func request(_ arguments: [String], environment: [String: String] = [:]) throws -> ReplicationRequest {
        let command = try ReplicateCommand.parse(arguments)
        return try command.request(environment: environment, folder: "/nonexistent")
    }

    @Test
    func `without options everything that is published is replicated without end`() throws {
        let request = try request(connection)
        #expect(request.end == .never)
        #expect(request.slot == "sluice" && request.publication == "sluice" && !request.isFailoverSlot)
        #expect(request.selection.isEmpty && request.rules.isEmpty)
        #expect(request.flush == FlushOptions() && request.parquet == ParquetOptions())
        #expect(request.rewritesDays && request.rewrite == RewriteOptions())
        #expect(request.lake == LakeOptions(location: .folder(path: "lake")))
        #expect(request.spill == .insideLake && request.memoryLimit == 512 << 20)
    }

    @Test
    func `it ends when it has caught up, or at a position`() throws {
        #expect(try request(connection + ["--until-caught-up"]).end == .whenCaughtUp)
        let end = try request(connection + ["--until-lsn", "16/b374d848"]).end
        #expect(end == .at(LSN(rawValue: 0x16_b374_d848)))
    }

    @Test
    func `rewriting may be left to another process`() throws {
        #expect(try !request(connection + ["--no-rewrite"]).rewritesDays)
    }

    @Test
    func `settings of the file are passed on`() throws {
        let yaml = """
            database: { slot: other, publication: Some, failover: true }
            flush: { max_interval: 10s, max_size: 1MiB, max_rows: 5 }
            rewrite: { interval: 1m }
            memory_limit: 64MiB
            mask_salt: grain
            spill_directory: /scratch
            tables:
              - { table: 'b*', partition_by: one }
            """
        var settings = try Settings(yaml: yaml, file: "f", environment: [:])
        settings.database = try DatabaseURL("postgresql://h/d")
        settings.location = .folder(path: "lake")
        let request = try settings.replicationRequest(end: .never, temporaryFolder: "/tmp")
        #expect(request.slot == "other" && request.publication == "Some" && request.isFailoverSlot)
        let flush = FlushOptions(maximumInterval: .seconds(10), maximumSize: 1 << 20, maximumRows: 5)
        #expect(request.flush == flush)
        #expect(request.rewrite == RewriteOptions(interval: .seconds(60)))
        #expect(request.maskSalt == MaskSalt("grain"))
        #expect(request.memoryLimit == 64 << 20 && request.spill == .folder(path: "/scratch"))
        #expect(request.selection == [try TablePattern("b*")] && request.rules == settings.tables)
    }

    @Test
    func `spills go to the temporary folder when the lake is a bucket`() throws {
        let arguments = ["--database", "postgresql://h/d", "--lake", "s3://bucket"]
        #expect(try request(arguments, environment: ["TMPDIR": "/scratch"]).spill == .folder(path: "/scratch"))
        #expect(try request(arguments, environment: ["TMPDIR": ""]).spill == .folder(path: "/tmp"))
    }

    @Test
    func `a missing database and a missing lake are both named`() {
        #expect(
            throws: SettingsError([
                "no database: set database.url, SLUICE_DATABASE or --database",
                "no lake: set lake.url, SLUICE_LAKE or --lake",
            ])
        ) { try self.request([]) }
    }

    @Test
    func `a request that is printed or dumped shows no password`() throws {
        var request = try request(connection)
        request.maskSalt = MaskSalt("hunter2")
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] {
            #expect(!text.contains("hunter2"))
        }
    }

    @Test(arguments: [
        (["--until-caught-up", "--until-lsn", "0/1"], "--until-caught-up and --until-lsn exclude each other."),
        (["--until-lsn", "16"], "--until-lsn must be a position like 16/B374D848."),
        (["--until-lsn", "16/B374D8480"], "--until-lsn must be a position like 16/B374D848."),
        (["--until-lsn", "x/1"], "--until-lsn must be a position like 16/B374D848."),
        (["--database", "mysql://h/d"], "--database: the scheme must be postgresql://."),
        (["--lake", "gs://x"], "--lake must be s3://bucket/prefix, file:///path or a folder."),
    ])
    func `wrong usage is refused with the remedy`(arguments: [String], message: String) throws {
        let error = try #require(throws: (any Error).self) { try ReplicateCommand.parse(arguments) }
        #expect(ReplicateCommand.exitCode(for: error).rawValue == 64)
        #expect(ReplicateCommand.fullMessage(for: error).contains(message))
    }
}
