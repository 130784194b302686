import FuzzTargets
import Testing

/// What libFuzzer began with and what it found, tried again on every run.
@Suite
struct FileFuzzReplayTests {
    private static let folders = ["Footer", "ColumnChunk", "PageIndex", "ParquetFile", "DamagedFile"]

    @Test(arguments: FuzzSample.all(in: "Corpus/ParquetFile"))
    func `files of every kind are read`(sample: FuzzSample) throws {
        let bytes = try sample.bytes()
        let isRead = ParquetFileFuzz.run(bytes.span.bytes)
        #expect(isRead)
    }

    @Test(arguments: FuzzSample.all(in: "Corpus/ColumnChunk"))
    func `pages of every kind are read`(sample: FuzzSample) throws {
        let bytes = try sample.bytes()
        let isRead = ColumnChunkFuzz.run(bytes.span.bytes)
        #expect(isRead)
    }

    @Test(arguments: FuzzSample.all(in: "Corpus/Footer"))
    func `footers of every kind are read`(sample: FuzzSample) throws {
        let bytes = try sample.bytes()
        let isRead = FooterFuzz.run(bytes.span.bytes)
        #expect(isRead)
    }

    @Test(arguments: FuzzSample.all(in: "Corpus/PageIndex"))
    func `page indexes and bloom filters are read`(sample: FuzzSample) throws {
        let bytes = try sample.bytes()
        let isRead = PageIndexFuzz.run(bytes.span.bytes)
        #expect(isRead)
    }

    @Test(arguments: FuzzSample.all(in: "Corpus/DamagedFile"))
    func `recipes are followed, and files that are not damaged come back as they were written`(
        sample: FuzzSample
    ) throws {
        let bytes = try sample.bytes()
        DamagedFileFuzz.run(bytes.span.bytes)
        let undamaged = [0] + bytes.dropFirst()
        let isRead = DamagedFileFuzz.run(undamaged.span.bytes)
        #expect(isRead)
    }

    @Test(arguments: folders.flatMap { FuzzSample.all(in: "FailCases/\($0)") })
    func `what once failed is survived, and takes no more memory than is allowed`(sample: FuzzSample) throws {
        let bytes = try sample.bytes()
        for run in [FooterFuzz.run, ColumnChunkFuzz.run, PageIndexFuzz.run, ParquetFileFuzz.run, DamagedFileFuzz.run] {
            _ = run(bytes.span.bytes)
        }
    }

    @Test
    func `there are samples to replay`() {
        #expect(FuzzSample.all(in: "Corpus/ParquetFile").count >= 25)
        #expect(FuzzSample.all(in: "Corpus/ColumnChunk").count >= 20)
        #expect(FuzzSample.all(in: "Corpus/Footer").count >= 4 && FuzzSample.all(in: "Corpus/PageIndex").count >= 2)
        #expect(FuzzSample.all(in: "Corpus/DamagedFile").count >= 3)
        #expect(FuzzSample.all(in: "FailCases/ColumnChunk").count >= 8)
        #expect(FuzzSample.all(in: "FailCases/ParquetFile").count >= 3)
    }
}
