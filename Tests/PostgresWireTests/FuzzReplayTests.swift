import Foundation
import FuzzTargets
import PostgresWire
import Testing

@Suite
struct FuzzReplayTests {
    /// A file of bytes beside the fuzzers.
    struct Sample: CustomTestStringConvertible {
        let file: URL
        var testDescription: String { file.lastPathComponent }

        func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: file)) }

        static func all(in folder: String) -> [Sample] {
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let path = root.appending(path: "Fuzzing/\(folder)")
            let files = try? FileManager.default.contentsOfDirectory(at: path, includingPropertiesForKeys: nil)
            return (files ?? []).sorted { $0.path < $1.path }.map(Sample.init)
        }
    }

    @Test
    func `there are samples to replay`() {
        #expect(Sample.all(in: "FailCases/PgOutput").count >= 9 && Sample.all(in: "Corpus/PgOutput").count >= 50)
        #expect(Sample.all(in: "FailCases/Cell").count >= 3 && Sample.all(in: "Corpus/Cell").count >= 50)
    }

    @Test(arguments: Sample.all(in: "FailCases/PgOutput") + Sample.all(in: "Corpus/PgOutput"))
    func `bytes that the decoder once failed at, and those it began with, are survived`(sample: Sample) throws {
        let bytes = try sample.bytes()
        PgOutputFuzz.run(bytes.span.bytes)
    }

    @Test(arguments: Sample.all(in: "FailCases/Cell"))
    func `cells that the decoders once failed at are survived`(sample: Sample) throws {
        let bytes = try sample.bytes()
        CellFuzz.run(bytes.span.bytes)
    }

    @Test(arguments: Sample.all(in: "Corpus/Cell"))
    func `a cell of every type becomes a value, as text and in binary form`(sample: Sample) throws {
        let bytes = try sample.bytes()
        let isCell = CellFuzz.run(bytes.span.bytes)
        #expect(isCell)
    }

    @Test(arguments: CapturedMessages.plain + CapturedMessages.streamed + CapturedMessages.prepared)
    func `a captured message with any byte replaced, or cut anywhere, is survived`(message: String) {
        let bytes = CapturedMessages.bytes(message)
        for position in bytes.indices {
            let cut = Array(bytes[..<position])
            PgOutputFuzz.run(cut.span.bytes)
            for byte in [UInt8(0), 1, 0x4b, 0x4f, 0x6e, 0x74, 0x75, 0x7f, 0x80, 0xff] {
                var changed = bytes
                changed[position] = byte
                PgOutputFuzz.run(changed.span.bytes)
            }
        }
    }
}
