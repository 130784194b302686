import Glibc
import PostgresClient
import PostgresWire
func cpu() -> (Double, Double) { var r = rusage(); getrusage(RUSAGE_SELF.rawValue == 0 ? 0 : 0, &r); return (Double(r.ru_utime.tv_sec)+Double(r.ru_utime.tv_usec)/1e6, Double(r.ru_stime.tv_sec)+Double(r.ru_stime.tv_usec)/1e6) }
let c = try PostgresConnection(uri: CommandLine.arguments[1])
if CommandLine.arguments.count > 2 { try c.growInputBuffer() }
let b = WireRowBatch(columnCount: 16, rowCapacity: 4096)
try c.startCopy("COPY (SELECT * FROM big.invoices) TO STDOUT (FORMAT binary)")
var first = true, n = 0, bytes = 0
let t0 = cpu()
while true { let more = try c.readCopy(into: b, byteLimit: 1<<20, isFirst: &first); n += b.rowCount; bytes += b.byteCount; b.removeAll(); if !more { break } }
let t1 = cpu()
print(n, bytes, "user", t1.0-t0.0, "sys", t1.1-t0.1)
