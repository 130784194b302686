import FuzzTargets

/// Called by libFuzzer with bytes of its own making.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzParquetFile(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    ParquetFileFuzz.run(UnsafeRawBufferPointer(start: start, count: count).bytes)
    return 0
}
