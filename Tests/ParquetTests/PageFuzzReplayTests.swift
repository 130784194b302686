import Foundation
import FuzzTargets
import Testing

@Suite
struct PageFuzzReplayTests {
    private static func samples(_ folder: String) -> [URL] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appending(path: "Fuzzing/\(folder)")
        let files = try? FileManager.default.contentsOfDirectory(at: path, includingPropertiesForKeys: nil)
        return (files ?? []).sorted { $0.path < $1.path }
    }

    @Test(arguments: samples("Corpus/PageValues"))
    func `values of every type and encoding are read`(sample: URL) throws {
        let bytes = try [UInt8](Data(contentsOf: sample))
        let isPage = PageValuesFuzz.run(bytes.span.bytes)
        #expect(isPage)
    }

    @Test(arguments: samples("Corpus/PageCodec"))
    func `pages of every codec are read`(sample: URL) throws {
        let bytes = try [UInt8](Data(contentsOf: sample))
        let isPage = PageCodecFuzz.run(bytes.span.bytes)
        #expect(isPage)
    }

    @Test(arguments: samples("FailCases/PageValues") + samples("FailCases/PageCodec"))
    func `bytes that no page has are survived`(sample: URL) throws {
        let bytes = try [UInt8](Data(contentsOf: sample))
        PageValuesFuzz.run(bytes.span.bytes)
        PageCodecFuzz.run(bytes.span.bytes)
    }

    @Test
    func `there are samples to replay`() {
        #expect(Self.samples("Corpus/PageValues").count >= 50 && Self.samples("Corpus/PageCodec").count >= 9)
        #expect(Self.samples("FailCases/PageValues").count >= 8 && Self.samples("FailCases/PageCodec").count >= 4)
    }
}
