import Foundation
import Testing

/// Runs the program that was built beside the tests.
@Suite
struct ProgramTests {
    @Test
    func `help of the program and of each command shows how to use it`() throws {
        let help = try run(["--help"])
        #expect(help.code == 0)
        #expect(help.output.contains("backfill"))
        let backfill = try run(["backfill", "--help"])
        #expect(backfill.code == 0)
        #expect(backfill.output.contains("sluice backfill --mode full --database postgresql://db/billing --lake out"))
        #expect(backfill.error.isEmpty)
    }

    @Test
    func `parquet says what is wrong with a file on standard error and ends with 1`() throws {
        let result = try run(["parquet", "/proc/version"])
        #expect(result.code == 1)
        #expect(result.output.isEmpty)
        #expect(result.error.hasPrefix("Error: /proc/version: "))
        #expect(try run(["parquet", "--help"]).output.contains("sluice parquet invoices.parquet --head 10"))
    }

    @Test
    func `the version goes to standard output`() throws {
        let result = try run(["--version"])
        #expect(result.code == 0)
        #expect(result.output.split(separator: ".").count == 3)
    }

    @Test
    func `wrong usage ends with 64 and a message on standard error`() throws {
        let result = try run(["backfill", "--date", "yesterday"])
        #expect(result.code == 64)
        #expect(result.output.isEmpty)
        #expect(result.error.hasPrefix("Error: --date: date must be YYYY-MM-DD"))
    }

    @Test
    func `a password in a misplaced argument is not repeated`() throws {
        let result = try run(["backfill", "postgresql://u:hunter2@h/d"])
        #expect(result.code == 64)
        #expect(result.error.contains("postgresql://u:<redacted>@h/d"))
    }

    @Test
    func `wrong configuration ends with 78 and a line for each problem`() throws {
        let result = try run(["backfill", "--log-format", "json"])
        #expect(result.code == 78)
        let lines = result.error.split(separator: "\n").map(String.init)
        #expect(lines.count == 2)
        for line in lines {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            #expect(object?["level"] == "ERROR")
        }
    }

    private func run(_ arguments: [String]) throws -> (code: Int32, output: String, error: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "sluice")
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin"]
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        let output = Pipe()
        let error = Pipe()
        process.standardOutput = output
        process.standardError = error
        try process.run()
        // Both texts are smaller than a pipe's buffer, so reading one after the other cannot block the program.
        let texts = [output, error].map {
            String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
        process.waitUntilExit()
        return (process.terminationStatus, texts[0], texts[1])
    }
}
