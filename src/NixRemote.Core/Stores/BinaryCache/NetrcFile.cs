using System.Text;

namespace NixRemote.Stores.BinaryCache;

/// <summary>
/// A netrc file, which has the logins of hosts: <c>machine HOST login NAME password SECRET</c>, <c>default</c> for all others, macros
/// (skipped), <c>#</c> for comments, and quotes around what has blanks. Read as curl does, and so Nix.
/// </summary>
public sealed class NetrcFile
{
    private readonly IReadOnlyList<Entry> _entries;

    private NetrcFile(IReadOnlyList<Entry> entries) => _entries = entries;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tell">Told why it is not read, if it is there.</param>
    /// <returns>What it says; an empty one if it is not there or not to be read by this user: not every host needs a login.</returns>
    public static NetrcFile Load(string path, Action<string> tell)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: var length } && length <= BinaryCacheLimits.NetrcBytes)
            {
                return Parse(File.ReadAllText(path));
            }

            if (File.Exists(path))
            {
                tell($"'{path}' has no logins for us: it has more than {BinaryCacheLimits.NetrcBytes} bytes.");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            tell($"'{path}' has no logins for us: {exception.Message}");
        }

        return new NetrcFile([]);
    }

    /// <summary>Reads a text. Words that have no place are skipped.</summary>
    public static NetrcFile Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var entries = new List<Entry>();
        var words = new Words(text);
        while (words.TryNext(out var word))
        {
            switch (word)
            {
                case "machine" when words.TryNext(out var host):
                    entries.Add(new Entry(host));
                    break;
                case "default":
                    entries.Add(new Entry(null));
                    break;
                case "login" when words.TryNext(out var login) && entries.Count > 0:
                    entries[^1].Login = login;
                    break;
                case "password" when words.TryNext(out var password) && entries.Count > 0:
                    entries[^1].Password = password;
                    break;
                case "account":
                    words.TryNext(out _);
                    break;
                case "macdef":
                    words.SkipMacro();
                    break;
            }
        }

        return new NetrcFile(entries);
    }

    /// <summary>The login of a host: that of its first entry, else the default one; null if there is neither.</summary>
    public (string Login, string Password)? Find(string host)
    {
        var entry = _entries.FirstOrDefault(e => string.Equals(e.Host, host, StringComparison.OrdinalIgnoreCase)) ?? _entries.FirstOrDefault(e => e.Host is null);
        return entry is null ? null : (entry.Login, entry.Password);
    }

    // No record: its text would have the password.
    private sealed class Entry(string? host)
    {
        public string? Host { get; } = host;

        public string Login { get; set; } = "";

        public string Password { get; set; } = "";
    }

    private sealed class Words(string text)
    {
        private int _at;

        public bool TryNext(out string word)
        {
            word = "";
            while (_at < text.Length && (char.IsWhiteSpace(text[_at]) || text[_at] == '#'))
            {
                _at = text[_at] == '#' ? EndOfLine() : _at + 1;
            }

            if (_at == text.Length)
            {
                return false;
            }

            word = text[_at] == '"' ? Quoted() : Plain();
            return true;
        }

        // A macro ends with an empty line.
        public void SkipMacro()
        {
            var end = text.AsSpan(_at).IndexOf("\n\n");
            _at = end < 0 ? text.Length : _at + end;
        }

        private int EndOfLine()
        {
            var end = text.IndexOf('\n', _at);
            return end < 0 ? text.Length : end;
        }

        private string Plain()
        {
            var start = _at;
            while (_at < text.Length && !char.IsWhiteSpace(text[_at]))
            {
                _at++;
            }

            return text[start.._at];
        }

        private string Quoted()
        {
            var word = new StringBuilder();
            for (_at++; _at < text.Length && text[_at] != '"'; _at++)
            {
                if (text[_at] == '\\' && _at + 1 < text.Length)
                {
                    _at++;
                    word.Append(text[_at] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', var other => other });
                }
                else
                {
                    word.Append(text[_at]);
                }
            }

            _at = Math.Min(_at + 1, text.Length);
            return word.ToString();
        }
    }
}
