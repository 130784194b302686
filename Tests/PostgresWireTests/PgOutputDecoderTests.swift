import Bytes
import Testing

@testable import PostgresWire

@Suite("Messages of pgoutput")
struct PgOutputDecoderTests {
    private static let captured = CapturedMessages.plain + CapturedMessages.streamed + CapturedMessages.prepared

    private func decode(_ messages: [String]) throws -> [PgOutputMessage] {
        var decoder = PgOutputDecoder()
        return try messages.map { try decoder.decode(CapturedMessages.bytes($0).span.bytes) }
    }

    @Test("a transaction of every kind of change")
    func plain() throws {
        let messages = try decode(CapturedMessages.plain)
        #expect(
            messages[0] == .begin(finalLSN: LSN(rawValue: 0xb652_b3c0), committedAt: 0x303_fcdb_83cb_2a, xid: 0x3fe)
        )
        guard case .relation(let table, nil) = messages[1] else {
            Issue.record("the second message is a relation")
            return
        }
        #expect(table.oid == 0x629e && table.schema == "public" && table.name == "cap" && table.identity == .primaryKey)
        #expect(table.columns.map(\.name) == ["id", "n", "t", "m"])
        #expect(table.columns.map(\.isInIdentity) == [true, false, false, false])
        #expect(table.columns.map(\.typeOID) == [23, 1700, 25, 25] && table.columns.allSatisfy { $0.modifier == -1 })
        let row = PgOutputTuple(offset: 8, byteCount: 16, columnCount: 4)
        #expect(messages[2] == .insert(relation: 0x629e, new: row, xid: nil))
        #expect(
            messages[3]
                == .commit(
                    commitLSN: LSN(rawValue: 0xb652_b3c0),
                    endLSN: LSN(rawValue: 0xb652_b3f0),
                    committedAt: 0x303_fcdb_83cb_2a
                )
        )
        guard case .update(0x629e, nil, _, nil) = messages[4], case .update(0x629e, .key, _, nil) = messages[5],
            case .delete(0x629e, .key, nil) = messages[6], case .update(0x62a5, .row, _, nil) = messages[8],
            case .delete(0x62a5, .row, nil) = messages[9]
        else {
            Issue.record("old rows are what the replica identity says")
            return
        }
        #expect(
            messages[10]
                == .truncate(relations: [0x629e, 0x62a5], cascades: true, restartsIdentity: true, xid: nil)
        )
        #expect(
            messages[12]
                == .message(lsn: LSN(rawValue: 0xb652_ce20), prefix: "q", isTransactional: false, xid: nil)
        )
    }

    @Test("changes of a running transaction name it")
    func streamed() throws {
        let messages = try decode(CapturedMessages.streamed)
        #expect(messages[0] == .streamStart(xid: 0x40b, isFirst: true))
        guard case .relation(_, 0x40b) = messages[1], case .insert(0x629e, _, 0x40d) = messages[7] else {
            Issue.record("each names the transaction or subtransaction")
            return
        }
        #expect(messages[5] == .streamAbort(xid: 0x40b, subtransaction: 0x40c))
        guard case .streamCommit(0x40b, _, LSN(rawValue: 0xb658_3eb0), _) = messages[9] else {
            Issue.record("the commit comes outside of the stream")
            return
        }
    }

    @Test("prepared transactions carry their identifier")
    func prepared() throws {
        let messages = try decode(CapturedMessages.prepared)
        guard case .beginPrepare(let begun) = messages[0], case .prepare(let prepared) = messages[3],
            case .commitPrepared(let committed) = messages[4], case .rollbackPrepared(let rolledBack) = messages[5],
            case .streamPrepare(let streamed) = messages[8]
        else {
            Issue.record("five kinds of messages")
            return
        }
        #expect([begun, prepared, committed].allSatisfy { $0.identifier == "gid1" && $0.xid == 0x2d6 })
        #expect(begun.endLSN == committed.lsn && prepared == begun)
        #expect(rolledBack.identifier == "gid2" && rolledBack.endLSN == LSN(rawValue: 0x153_c078))
        #expect(streamed.identifier == "gid3" && streamed.xid == 0x2d8)
    }

    @Test("a message that is cut at any byte, or goes on, is refused")
    func damaged() throws {
        var decoder = PgOutputDecoder()
        for message in Self.captured.map(CapturedMessages.bytes) {
            let before = decoder
            for length in 0..<message.count {
                var cut = before
                // An abort may end early: older protocol versions do not say where and when.
                #expect(throws: ReplicationFormatError.self) { try cut.decode(Array(message[..<length]).span.bytes) }
            }
            var longer = before
            #expect(throws: ReplicationFormatError.self) { try longer.decode((message + [0]).span.bytes) }
            _ = try decoder.decode(message.span.bytes)
        }
    }

    @Test(
        "lengths and counts that lie are refused",
        arguments: [
            "490000629e4e7fff", "490000629e4effff", "490000629e4e000162ffffffff", "490000629e4e0001627fffffff00",
            "540000000103", "547fffffff00", "54ffffffff00", "490000629e4f0000", "440000629e4e0000",
            "490000629e4e000178",
            "52000062a57075626c696300636170007a0000", "00", "ff",
        ]
    )
    func lies(message: String) {
        var decoder = PgOutputDecoder()
        #expect(throws: ReplicationFormatError.self) { try decoder.decode(CapturedMessages.bytes(message).span.bytes) }
    }

    @Test("bytes that are changed anywhere never trap")
    func mutated() {
        var state: UInt64 = 1
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        for _ in 0..<20_000 {
            var message = CapturedMessages.bytes(Self.captured[random(Self.captured.count)])
            for _ in 0...random(3) { message[random(message.count)] = UInt8(random(256)) }
            var decoder = PgOutputDecoder()
            _ = try? decoder.decode(message.span.bytes)
        }
    }
}

@Suite("Frames of a replication stream")
struct ReplicationFrameTests {
    @Test("data and keepalives")
    func frames() throws {
        let data = [UInt8(ascii: "w")] + [UInt8](repeating: 0, count: 24) + [UInt8(ascii: "E")]
        #expect(try ReplicationFrame(data.span.bytes) == .data(payloadOffset: 25))
        let keepalive = CapturedMessages.bytes("6b00000000b652b3c0000303fcdb83cb2a01")
        #expect(
            try ReplicationFrame(keepalive.span.bytes)
                == .keepalive(end: LSN(rawValue: 0xb652_b3c0), replyRequested: true)
        )
        for length in 0..<keepalive.count {
            #expect(throws: ReplicationFormatError.self) {
                try ReplicationFrame(Array(keepalive[..<length]).span.bytes)
            }
        }
        for length in 0..<25 {
            #expect(throws: ReplicationFormatError.self) { try ReplicationFrame(Array(data[..<length]).span.bytes) }
        }
        #expect(throws: ReplicationFormatError.unexpected(0x78)) { try ReplicationFrame([0x78].span.bytes) }
    }

    @Test("a status is 34 bytes")
    func status() {
        let status = StandbyStatus(written: LSN(rawValue: 2), flushed: LSN(rawValue: 1), wantsReply: true)
        let bytes = status.encoded(sent: 3)
        #expect(bytes.count == 34)
        #expect(
            bytes == CapturedMessages.bytes("720000000000000002000000000000000100000000000000010000000000000003" + "01")
        )
    }

    @Test("positions are printed and read as PostgreSQL does")
    func positions() {
        #expect(LSN("16/B374D848")?.rawValue == 0x16_b374_d848)
        #expect(LSN(rawValue: 0x16_b374_d848).description == "16/B374D848")
        #expect(LSN(rawValue: 0x16_b374_d848).padded == "00000016B374D848")
        for text in ["", "/", "1/", "/1", "1/2/3", "x/1", "+1/1", "-1/1", "123456789/1", "1/123456789"] {
            #expect(LSN(text) == nil)
        }
    }
}
