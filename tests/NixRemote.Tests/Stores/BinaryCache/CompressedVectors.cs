namespace NixRemote.Tests.Stores.BinaryCache;

/// <summary>The archive of a file "hello\n" (nar.md §9), 120 bytes, as other programs compressed it.</summary>
internal static class CompressedVectors
{
    private const string Xz =
        "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AB3AEJdAAaANh/vps6/droaek8r6qRTJO2hIwRx/1u/l2m68ym+JEmkcF2PMAtHKBMzvRezszyuOH2U7Eam+xwfZuTYKgHJfAAA"
        + "AFclbGgP86qfAAFeeP88YFoftvN9AQAAAAAEWVo=";

    private const string Bzip2 =
        "QlpoOTFBWSZTWRadevYAAB/ZgG3SAGIgACrl32AgAFRENTI0xNDANNCNKZDZJpoB5Q0VWcSSU1VKGAWRkATGAVHuJoCttWOV/doP6mDxLS3MgI8mQM7aCtGHGxdyRThQkBadevY=";

    private const string Zstd =
        "KLUv/QRYlQIAQgQPGIDVGQOBhZTb0sl+2UdkhNyTUA7glj1KAf9/YjTEWw/N5m02dbEmdJbTif9jArswcvAr6B62lCYEYPkRCABT2AUMBAYCA4GBwcDACANoA9PKP10=";

    /// <summary>The file of <c>xz</c>, <c>bzip2</c> or <c>zstd</c>.</summary>
    public static byte[] Of(string compression) => Convert.FromBase64String(compression switch
    {
        "xz" => Xz,
        "bzip2" => Bzip2,
        "zstd" => Zstd,
        _ => throw new ArgumentOutOfRangeException(nameof(compression)),
    });
}
