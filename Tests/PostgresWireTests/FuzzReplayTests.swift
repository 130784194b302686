import Foundation
import FuzzTargets
import PostgresWire
import Testing

@Suite
struct FuzzReplayTests {
    /// A file of bytes beside the fuzzer.
    struct Sample: CustomTestStringConvertible {
        let file: URL
        var testDescription: String { file.lastPathComponent }

        static func all(in folder: String) -> [Sample] {
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let path = root.appending(path: "Fuzzing/\(folder)/PgOutput")
            let files = try? FileManager.default.contentsOfDirectory(at: path, includingPropertiesForKeys: nil)
            return (files ?? []).sorted { $0.path < $1.path }.map(Sample.init)
        }
    }

    @Test
    func `there are samples to replay`() {
        #expect(Sample.all(in: "FailCases").count >= 9 && Sample.all(in: "Corpus").count >= 50)
    }

    @Test(arguments: Sample.all(in: "FailCases") + Sample.all(in: "Corpus"))
    func `bytes that the decoder once failed at, and those it began with, are survived`(sample: Sample) throws {
        let bytes = [UInt8](try Data(contentsOf: sample.file))
        PgOutputFuzz.run(bytes.span.bytes)
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
