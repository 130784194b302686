import FuzzTargets

/// Called by libFuzzer with bytes of its own making.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPageIndex(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    PageIndexFuzz.run(UnsafeRawBufferPointer(start: start, count: count).bytes)
    return 0
}
