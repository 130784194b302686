import AWS

extension SigningVector {
    /// AWS's signing suite.
    static let suite: [SigningVector] = [
        SigningVector(
            name: "get-vanilla",
            path: "/",
            canonicalHash: "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
        SigningVector(
            name: "get-vanilla-query-order-key-case",
            path: "/",
            query: [("Param2", "value2"), ("Param1", "value1")],
            canonicalHash: "816cd5b414d056048ba4f7c5386d6e0533120fb1fcfa93762cf0fc39e2cf19e0",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        ),
        SigningVector(
            name: "get-vanilla-query-order-encoded",
            path: "/",
            query: [("Param-3", "Value3"), ("Param", "Value2"), ("\u{1234}", "Value1")],
            canonicalHash: "868294f5c38bd141c4972a373a76654f1418a8e4fc18b2e7903ae45e8ae0ec71",
            signature: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"
        ),
        SigningVector(
            name: "get-vanilla-utf8-query",
            path: "/",
            query: [("\u{1234}", "bar")],
            canonicalHash: "eb30c5bed55734080471a834cc727ae56beb50e5f39d1bff6d0d38cb192a7073",
            signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"
        ),
        SigningVector(
            name: "get-utf8",
            path: "/\u{1234}",
            canonicalHash: "2a0a97d02205e45ce2e994789806b19270cfbbb0921b278ccf58f5249ac42102",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"
        ),
        SigningVector(
            name: "get-unreserved",
            path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            canonicalHash: "6a968768eefaa713e2a6b16b589a8ea192661f098f37349f4e2c0082757446f9",
            signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"
        ),
        SigningVector(
            name: "get-space-unnormalized",
            path: "/example space/",
            canonicalHash: "63ee75631ed7234ae61b5f736dfc7754cdccfedbff4b5128a915706ee9390d86",
            signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"
        ),
        SigningVector(
            name: "get-slashes-unnormalized",
            path: "//example//",
            canonicalHash: "528ec3105ee1f34ab014bb0a1a45da0ed2742a4fea3555149e5b4d5d201eb240",
            signature: "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5"
        ),
        SigningVector(
            name: "get-header-value-trim",
            path: "/",
            headers: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\" ")],
            canonicalHash: "a726db9b0df21c14f559d0a978e563112acb1b9e05476f0a6a1c7d68f28605c7",
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
        ),
        SigningVector(
            name: "get-header-value-multiline",
            path: "/",
            headers: [("My-Header1", "value1\n  value2\n     value3")],
            canonicalHash: "e99419459a677bc11de234014be3c4e72c1ea5b454ceb58b613061f5d7a162e8",
            signature: "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"
        ),
        SigningVector(
            name: "get-vanilla-with-session-token",
            path: "/",
            token: "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
            canonicalHash: "067b36aa60031588cea4a4cde1f21215227a047690c72247f1d70b32fbbfad2b",
            signature: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"
        ),
        SigningVector(
            name: "post-x-www-form-urlencoded",
            method: "POST",
            path: "/",
            headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", "13")],
            payloadHash: "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
            sendsHash: true,
            canonicalHash: "b1edd1d03544c25390e32085d55b57acc9a3961bb59415ff86c45c3d89d16cfb",
            signature: "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"
        ),
    ]

    /// The S3 documentation's examples.
    static let documentation: [SigningVector] = [
        SigningVector(
            name: "a range of an object",
            path: "/test.txt",
            headers: [("Range", "bytes=0-9")],
            sendsHash: true,
            canonicalHash: "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ),
        SigningVector(
            name: "an object with a storage class",
            method: "PUT",
            path: "/test$file.text",
            headers: [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            payloadHash: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            sendsHash: true,
            canonicalHash: "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        ),
        SigningVector(
            name: "a query without a value",
            path: "/",
            query: [("lifecycle", "")],
            sendsHash: true,
            canonicalHash: "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        ),
        SigningVector(
            name: "a listing",
            path: "/",
            query: [("prefix", "J"), ("max-keys", "2")],
            sendsHash: true,
            canonicalHash: "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7",
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        ),
    ]

    private static let token = "FwoGZXIvYXdzEXAMPLETOKEN=="
    private static let body = "fbc62d3b511368ee275ddc74117d8689b430e1427220e25d30816201d89ca7b6"
    private static let creation = [
        (name: "content-type", value: "application/vnd.apache.parquet"), (name: "if-none-match", value: "*"),
    ]

    /// Requests such as we send, signed by botocore.
    static let ours: [SigningVector] = [
        SigningVector(
            name: "a key with = + and space, over http",
            method: "PUT",
            path: "/lake/orders/year=2013/month=05/day=24/part-0+1 a.parquet",
            headers: creation,
            payloadHash: body,
            sendsHash: true,
            canonicalHash: "4c298e6755c7da12eac02c54e1f439d7b0e007699cf608009ed02891527e326d",
            signature: "9fa5fe0141e96e57194cee28f85eb71a634cdc7a820954f1653ef3f504c2ed6b"
        ),
        SigningVector(
            name: "temporary credentials",
            method: "PUT",
            path: "/lake/orders/year=2013/month=05/day=24/part-0.parquet",
            headers: creation,
            payloadHash: body,
            sendsHash: true,
            token: token,
            canonicalHash: "977a8f1cd8de01ec3b814b112f1013fa161ace937818d203adc5b84c9c77b9e9",
            signature: "54a6793d2c36734c62304e8f3114d653160a5bfe45d1d77eecf36762a4ee5181"
        ),
        SigningVector(
            name: "an unsigned body with its checksum, over https",
            method: "PUT",
            path: "/lake/orders/year=2013/month=05/day=24/part-0.parquet",
            headers: creation + [
                (name: "x-amz-checksum-crc32c", value: "4waSgw=="),
                (name: "x-amz-server-side-encryption", value: "AES256"),
            ],
            payloadHash: Signer.unsignedPayload,
            sendsHash: true,
            token: token,
            canonicalHash: "6212fa54f38551b8d86adef76eda846350322db85cb377c4559d9456cbf25e4e",
            signature: "57aaa8bf3c6d0b8f7cefd84b8550fff32725471597a7771b7ee8aea4912a486b"
        ),
        SigningVector(
            name: "a further page of a listing",
            path: "/",
            query: [
                ("list-type", "2"), ("prefix", "lake/orders/year=2013/"),
                ("continuation-token", "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM="), ("max-keys", "1000"),
            ],
            sendsHash: true,
            canonicalHash: "c6ec5ecc3972a42ed4a543680ea2d9c1c0be529f8fdaf3c7ecab1611d9a105f4",
            signature: "991175fc4343c435cce0876c89e5f28a15ded862128f5e18c9b718d2d034553c"
        ),
    ]

    /// A call of a JSON service.
    static let glue = SigningVector(
        name: "GetTable",
        method: "POST",
        path: "/",
        headers: [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "AWSGlue.GetTable")],
        payloadHash: "afe0a291d51cb108606805c49db2ac882ac66d3a6d1552a26befdb54e46413ee",
        canonicalHash: "b980b3f4ab15e9f07e3e105d217f28c8df5917e07f4bd53bbd3585fed09e43da",
        signature: "0333ab2efc6b277fe896bcc0eefd7a687c129818c72a7350f7a566d57a6fe6cc"
    )
}
