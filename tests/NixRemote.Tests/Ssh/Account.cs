using NixRemote.Tests.TestBed;

namespace NixRemote.Tests.Ssh;

/// <summary>A user of the node b234, for as long as it is held.</summary>
internal sealed class Account : IDisposable
{
    /// <summary>The hash of the password "words".</summary>
    public const string Words = "$6$nixremote$.l90tLyeEpPEu8FheBDQRhIVQA3wv0UjKMZmMkxSqqRFsjioks3351pUxnEVopO1.JTkkTJpYDiDyMgtd8JyK.";

    private static readonly object _lock = new();
    private readonly string _line;

    /// <param name="password">The password's field: a hash, * for none, or !… for a locked account.</param>
    /// <param name="shell">The login shell.</param>
    public Account(string password, string shell)
    {
        Name = "t" + Nonce.Next();
        _line = $"{Name}:{password}:65000:65000::/tmp:{shell}";
        Change(lines => [.. lines, _line]);
    }

    public string Name { get; }

    public void Dispose() => Change(lines => [.. lines.Where(line => line != _line)]);

    // In one step, for others read it at the same time.
    private static void Change(Func<string[], string[]> change)
    {
        var file = NixTestBed.Current.OnHost("b234", "/etc/passwd");
        lock (_lock)
        {
            var text = string.Join('\n', change(File.ReadAllLines(file))) + "\n";
            File.WriteAllText(file + ".new", text);
            File.Move(file + ".new", file, overwrite: true);
        }
    }
}
