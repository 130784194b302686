import FuzzTargets

/// Called by libFuzzer with bytes of its own making.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDamagedFile(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    DamagedFileFuzz.run(UnsafeRawBufferPointer(start: start, count: count).bytes)
    return 0
}
