using System.Text;

namespace NixRemote.StoreObjects;

/// <summary>UTF-8 that throws where bytes or characters are no text, instead of replacing them.</summary>
internal static class StrictUtf8
{
    /// <summary>The encoding.</summary>
    public static UTF8Encoding Encoding { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
