using System.Buffers;

namespace NixRemote.Stores;

/// <summary>A command line for a remote shell, of which nothing is known but that it understands single quotes.</summary>
internal static class ShellCommand
{
    // Also '~', so that a program in the home folder can be named; '=' so that variables can be set by env.
    private static readonly SearchValues<char> _plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-~");

    /// <summary>Joins words; each reaches the program as it is.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    /// <summary>One word for the shell.</summary>
    public static string Quote(string word) =>
        word.Length > 0 && !word.AsSpan().ContainsAnyExcept(_plain) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
