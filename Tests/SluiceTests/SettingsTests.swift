import Ingest
import ObjectStorage
import PostgresClient
import PostgresWire
import Replication
import Testing

@testable import sluice

@Suite
struct SettingsTests {
    @Test
    func `a full file is read into values`() throws {
        let yaml = #"""
            database:
              url: "postgresql://sluice:${SECRET}@db:5433/billing"
              slot: lake_2
              publication: "Weird, Name"
              failover: true
            flush: { max_interval: 5m, max_size: 16MiB, max_rows: 1000 }
            rewrite: { interval: 90s, compact_changes_after: 12h }
            lake:
              url: s3://company-lake/billing/data/
              region: eu-central-1
              endpoint: http://127.0.0.1:8333/
              encryption: aws:kms
              kms_key: alias/lake
              bucket_key_enabled: true
              profile: lake-writer
              expected_bucket_owner: 012345678901
              addressing_style: virtual
              storage_class: INTELLIGENT_TIERING
              tags: { team: data, cost-center: "${CENTER}" }
            parquet: { compression: zstd, compression_level: 3, row_group_size: 64MB }
            memory_limit: 268435456
            mask_salt: "${SALT}"
            spill_directory: ${SCRATCH}/sluice
            tables:
              - table: Billing.Invoices
                name: bills
                partition_by: issued_on
                time_zone: Europe/Berlin
                exclude_columns: [notes, "Weird, Name"]
                columns:
                  amount: { as: "decimal(20, 4)" }
                  rate: { as: double }
                  id: { as: uuid }
                  opens: { as: time }
                mask: { email: sha256, "Weird, Other": null, phone: ~, note: truncate(3) }
                deletes: soft
              - table: '"Odd ""Name"""'
              - table: 'reporting_*.*'
            """#
        let settings = try Settings(
            yaml: yaml,
            file: "f",
            environment: ["SECRET": "p%40ss", "CENTER": "a+b", "SCRATCH": "/scratch", "SALT": "grain"]
        )
        #expect(settings.database?.connectionString == "postgresql://sluice:p%40ss@db:5433/billing")
        #expect(settings.slot == "lake_2" && settings.publication == "Weird, Name" && settings.isFailoverSlot)
        let flush = FlushOptions(maximumInterval: .seconds(300), maximumSize: 16 << 20, maximumRows: 1_000)
        #expect(settings.flush == flush)
        #expect(settings.rewrite == RewriteOptions(interval: .seconds(90), compactChangesAfter: .seconds(43_200)))
        #expect(settings.location == .s3(bucket: "company-lake", prefix: "billing/data"))
        #expect(settings.lake.region == "eu-central-1")
        #expect(settings.lake.endpoint == "http://127.0.0.1:8333")
        #expect(settings.lake.encryption == .kms(key: "alias/lake", bucketKey: true))
        #expect(settings.lake.profile == "lake-writer" && settings.lake.addressing == .host)
        #expect(settings.lake.expectedBucketOwner == "012345678901")
        #expect(settings.lake.storageClass == .intelligentTiering)
        #expect(settings.lake.tags.values == ["team": "data", "cost-center": "a+b"])
        #expect(settings.parquet == .init(compression: .zstd(level: 3), rowGroupSize: 64_000_000))
        #expect(settings.memoryLimit == 256 << 20 && settings.maskSalt == MaskSalt("grain"))
        #expect(settings.spillDirectory == "/scratch/sluice")
        let options = TableOptions(
            name: "bills",
            partitionColumn: "issued_on",
            timeZone: "Europe/Berlin",
            excludedColumns: ["notes", "Weird, Name"],
            representations: [
                "amount": .decimal(precision: 20, scale: 4), "rate": .double, "id": .uuid, "opens": .time,
            ],
            masks: ["email": .sha256, "Weird, Other": .null, "phone": .null, "note": .truncate(characterCount: 3)],
            deletes: .soft
        )
        #expect(
            settings.tables == [
                .init(pattern: TablePattern(schema: "billing", table: "invoices"), options: options),
                .init(pattern: TablePattern(schema: "public", table: "Odd \"Name\""), options: .init()),
                .init(pattern: try TablePattern("reporting_*.*"), options: .init()),
            ]
        )
    }

    @Test(arguments: ["", "# nothing\n", "null", "database:\nlake:\n", "lake: { url: null }\ntables: ~\n"])
    func `what is left out has its default`(yaml: String) throws {
        #expect(try Settings(yaml: yaml, file: "f", environment: [:]) == Settings())
    }

    @Test
    func `all problems are reported at once from top to bottom`() {
        let yaml = """
            database: { url: "postgresql://u:${NOPE}@h/d" }
            lake:
              encrypton: AES256
              url: gs://bucket
            parquet:
              compression: zst
              row_group_size: 128mib
            compression: snappy
            tables:
              - tabel: x
            """
        let problems = [
            "f:1:18: database.url: found the variable NOPE, which is not set, allowed: variables of the environment",
            "f:3:3: lake.encrypton: found an unknown key, allowed: addressing_style, bucket_key_enabled, encryption, "
                + "endpoint, expected_bucket_owner, kms_key, profile, region, storage_class, tags, url; "
                + "did you mean encryption?",
            "f:4:8: lake.url: found \"gs://bucket\", allowed: s3://bucket/prefix, file:///path or a folder",
            "f:6:16: parquet.compression: found \"zst\", allowed: snappy | zstd | gzip | lz4 | none; did you mean zstd?",
            "f:7:19: parquet.row_group_size: found \"128mib\", allowed: a size like 128MiB, 64MB or plain bytes, "
                + "from 64KiB to 1GiB; did you mean 128MiB?",
            "f:8:1: compression: found an unknown key, allowed: athena, database, flush, lake, mask_salt, "
                + "memory_limit, monitoring, parquet, rewrite, spill_directory, tables; did you mean parquet.compression?",
            "f:10:5: tables[0].tabel: found an unknown key, allowed: columns, deletes, exclude_columns, "
                + "mask, name, partition_by, table, time_zone; did you mean table?",
            "f:10:5: tables[0].table: found nothing, allowed: a table as in SQL: invoices, billing.invoices, "
                + "billing.*, '\"Odd Name\"'",
        ]
        #expect(throws: SettingsError(problems)) { try Settings(yaml: yaml, file: "f", environment: [:]) }
    }

    @Test(arguments: [
        (
            "database: x",
            "database: found a text that is not shown, allowed: a mapping of failover, publication, slot, url"
        ),
        ("database: { url: [a] }", "database.url: found a list, allowed: a libpq URL"),
        ("database: { url: 5 }", "database.url: found a text that is not shown"),
        (
            "database: { slot: Lake }",
            "database.slot: found a text that is not shown, allowed: 1 to 63 of the characters a-z, 0-9 and _"
        ),
        ("database: { slot: '' }", "allowed: 1 to 63 of the characters"),
        ("database: { slot: \(String(repeating: "x", count: 64)) }", "allowed: 1 to 63 of the characters"),
        (
            "database: { publication: '' }",
            "database.publication: found a text that is not shown, allowed: a publication's name"
        ),
        (
            "database: { failover: yes please }",
            "database.failover: found a text that is not shown, allowed: true | false"
        ),
        ("database: { failover: 1 }", "allowed: true | false"),
        ("flush: 60s", "flush: found \"60s\", allowed: a mapping of max_interval, max_rows, max_size"),
        (
            "flush: { max_interval: 60 }",
            "flush.max_interval: found the number 60, allowed: a length of time like 60s or 5m, from 1s to 1d"
        ),
        ("flush: { max_interval: 999ms }", "found \"999ms\", allowed: a length of time like 60s or 5m, from 1s to 1d"),
        ("flush: { max_interval: 25h }", "from 1s to 1d"),
        ("flush: { max_size: 1MB }", "flush.max_size: found \"1MB\", which is too small, allowed: a size"),
        ("flush: { max_rows: 0 }", "flush.max_rows: found the number 0, allowed: a whole number from 1 to 1000000000"),
        ("flush: { interval: 1m }", "flush.interval: found an unknown key"),
        ("rewrite: 5m", "rewrite: found \"5m\", allowed: a mapping of compact_changes_after, interval"),
        (
            "rewrite: { interval: 0s }",
            "rewrite.interval: found \"0s\", allowed: a length of time like 60s or 5m, from 1s to 1d"
        ),
        (
            "rewrite: { compact_changes_after: 366d }",
            "found \"366d\", allowed: a length of time like 60s or 5m, from 1s to 365d"
        ),
        ("rewrite: { interva: 1m }", "rewrite.interva: found an unknown key, allowed: compact_changes_after, interval"),
        ("tables: [{ table: a, deletes: softly }]", "tables[0].deletes: found \"softly\", allowed: hard | soft"),
        ("tables: [{ table: a, mask: email }]", "tables[0].mask: found \"email\", allowed: a mapping of columns"),
        (
            "tables: [{ table: a, mask: { b: sha25 } }]",
            "tables[0].mask.b: found \"sha25\", allowed: sha256 | null | truncate(characters); did you mean sha256?"
        ),
        (
            "tables: [{ table: a, mask: { b: sha256 } }]",
            "tables[0].mask.b: found sha256 although there is no mask_salt"
        ),
        (
            "tables: [{ table: a, mask: { b: truncate(0) } }]",
            "allowed: truncate(characters) with 1 to 1000000 characters"
        ),
        ("tables: [{ table: a, mask: { b: truncate } }]", "tables[0].mask.b: found \"truncate\""),
        ("tables: [{ table: a, mask: { b: 5 } }]", "tables[0].mask.b: found the number 5"),
        (
            "tables: [{ table: a, mask: { created_at: null } }]",
            "tables[0].mask: found the partition column \"created_at\""
        ),
        (
            "tables: [{ table: a, partition_by: d, mask: { d: null } }]",
            "tables[0].mask: found the partition column \"d\""
        ),
        (
            "tables: [{ table: a, exclude_columns: [b], mask: { b: null } }]",
            "found \"b\", which exclude_columns or columns names too"
        ),
        (
            "tables: [{ table: a, columns: { b: { as: time } }, mask: { b: null } }]",
            "found \"b\", which exclude_columns or columns names too"
        ),
        ("mask_salt: ''", "mask_salt: found a text that is not shown, allowed: a secret text, not empty"),
        ("- a", "found a list, allowed: a mapping of athena, database, flush, lake"),
        ("memory_limit: true", "memory_limit: found the boolean true, allowed: a size"),
        (
            "memory_limit: 1MiB",
            "memory_limit: found \"1MiB\", which is too small, allowed: a size like 128MiB, 64MB or plain bytes, from 16MiB"
        ),
        ("memory_limit: 4096", "memory_limit: found the number 4096, which is too small, allowed: a size"),
        ("parquet: { row_group_size: 2GiB }", "found \"2GiB\", which is too large, allowed: a size"),
        ("memory_limit: -5", "found the number -5"),
        ("memory_limit: 99999999999GiB", "found \"99999999999GiB\""),
        ("spill_directory: ''", "spill_directory: found \"\", allowed: a local folder, not empty"),
        ("spill_directory: 5", "found the number 5, allowed: a local folder; did you mean the same in quotes?"),
        ("spill_directory: ${A", "found a ${ that begins no variable, allowed: ${NAME}"),
        ("lake: { region: 'us east' }", "lake.region: found \"us east\", allowed: an AWS region"),
        ("lake: { endpoint: 'https://u:p@h/b' }", "found \"https://u:<redacted>@h/b\", allowed: http:// or https://"),
        ("lake: { encryption: aes256 }", "allowed: none | AES256 | aws:kms; did you mean AES256?"),
        ("lake: { kms_key: k }", "lake.kms_key: found a key although encryption is none"),
        ("lake: { bucket_key_enabled: true }", "found a key of the bucket although encryption is none"),
        ("lake: { bucket_key_enabled: yes }", "lake.bucket_key_enabled: found"),
        ("lake: { expected_bucket_owner: 12345 }", "found the number 12345, allowed: the 12 digits of an AWS account"),
        ("lake: { expected_bucket_owner: '12345678901x' }", "allowed: the 12 digits of an AWS account"),
        ("lake: { expected_bucket_owner: [1] }", "found a list, allowed: the 12 digits"),
        ("lake: { addressing_style: paht }", "allowed: path | virtual; did you mean path?"),
        ("lake: { storage_class: DEEP_ARCHIVE }", "found \"DEEP_ARCHIVE\", allowed: STANDARD | STANDARD_IA"),
        ("lake: { storage_class: standard_ia }", "did you mean STANDARD_IA?"),
        ("lake: { profile: '' }", "lake.profile: found \"\", allowed: a profile's name, not empty"),
        ("lake: { tags: [a] }", "lake.tags: found a list, allowed: a mapping: { team: data }"),
        ("lake: { tags: { team: 5 } }", "lake.tags.team: found the number 5, allowed: a text"),
        ("lake: { tags: { 'aws:x': y } }", "lake.tags.aws:x: found \"y\", allowed: up to 10 tags"),
        ("lake: { url: 's3a://b-1/p' }", "did you mean s3://b-1/p?"),
        ("lake: { url: 's3://b/p' }", "the bucket with 3 to 63"),
        ("lake: { url: 's3://buck/a/../b' }", "the prefix without empty parts"),
        ("lake: { url: '~/lake' }", "a leading ~ is not expanded"),
        ("parquet: { compression_level: 3 }", "found a level although compression is snappy"),
        ("parquet: { compression: gzip, compression_level: 10 }", "allowed: a whole number from 1 to 9"),
        ("tables: invoices", "tables: found \"invoices\", allowed: a list of tables"),
        ("tables: [invoices]", "tables[0]: found \"invoices\", allowed: a mapping of columns"),
        ("tables: [{ table: a-b }]", "put it in double quotes"),
        ("tables: [{ table: a }, { table: A }]", "tables[1].table: found public.a for the second time"),
        ("tables: [{ table: a, name: x }, { table: b, name: x }]", "found the same name as another table's"),
        ("tables: [{ table: 'a*', name: x }]", "found one name for all tables of public.a*"),
        ("tables: [{ table: a, name: _x }]", "not beginning with _ or ."),
        ("tables: [{ table: a, time_zone: Europe/Berln }]", "did you mean Europe/Berlin?"),
        ("tables: [{ table: a, time_zone: EST }]", "allowed: an IANA time zone"),
        ("tables: [{ table: a, exclude_columns: created_at }]", "allowed: a list of column names"),
        ("tables: [{ table: a, exclude_columns: [created_at] }]", "found the partition column \"created_at\""),
        ("tables: [{ table: a, exclude_columns: [b], columns: { b: { as: time } } }]", "which columns describes too"),
        (
            "tables: [{ table: a, columns: { b: uuid } }]",
            "tables[0].columns.b: found \"uuid\", allowed: a mapping of as"
        ),
        ("tables: [{ table: a, columns: { b: { as: uid } } }]", "did you mean uuid?"),
        ("tables: [{ table: a, columns: { b: { as: 'decimal(39,2)' } } }]", "1 ≤ precision ≤ 38"),
        ("tables: [{ table: a, columns: { b: { as: decimal(9,2) } } }]", "in quotes if it stands within { }"),
        ("a: [", "f:2:1: found no valid YAML"),
        ("lake: {}\nlake: {}", "f:1:1: found \"lake\" more than once in one mapping, allowed: each key once"),
    ])
    func `an impossible file is refused with what was found and what is allowed`(yaml: String, message: String) throws {
        let error = try #require(throws: SettingsError.self) { try Settings(yaml: yaml, file: "f", environment: [:]) }
        #expect(error.description.contains(message), "\(error)")
    }

    @Test(arguments: [
        "database: postgresql://u:hunter2@h/d\nx: 1",
        "database: { url: 'postgresql://u:hunter2@h:port/d' }",
        "database: { url: 'postgresql://u:hunter2/x@h/d' }",
        "database: { url: 'postgresql://u:${SECRET}%zz@h/d' }",
        "database: { password: x, postgresql://u:hunter2@h/d: y }",
        "lake: { url: 'postgresql://u:hunter2@h/d' }",
        "lake: { url: '${SECRET}://x' }",
        "lake: { endpoint: 'https://u:hunter2@h' }",
        "spill_directory: [a, 'password=hunter2', ",
        "database:\n  url: \"postgresql://u:hunter2@h/d",
        "memory_limit: ${SECRET}",
        "mask_salt: [hunter2]",
        "mask_salt: 'hunter2'\nx: 1",
        "mask_salt: '${SECRET}${X'",
        "mask_salt: { hunter2: 1 }",
        "tables: [{ table: a, time_zone: '${SECRET}' }]",
    ])
    func `no error shows a secret`(yaml: String) throws {
        let error = try #require(throws: SettingsError.self) {
            try Settings(yaml: yaml, file: "f", environment: ["SECRET": "hunter2"])
        }
        #expect(!error.description.contains("hunter2"), "\(error)")
    }
}
