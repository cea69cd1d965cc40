namespace NixRemote.Transport;

/// <summary>The options for ssh in NIX_SSHOPTS (machines.md §3.2), as options of ssh_config.</summary>
internal static class NixSshOptions
{
    /// <summary>The variable of the environment.</summary>
    public const string Variable = "NIX_SSHOPTS";

    /// <summary>What <c>-F</c> is called in the result; it is not a keyword of ssh_config.</summary>
    public const string ConfigFile = "-F";

    /// <summary>ssh's own options that take a value.</summary>
    private const string WithValue = "BbcDEeFIiJLlmOoPpQRSWw";

    /// <summary>Reads the options; those that an in-process client cannot honour are told to <paramref name="warning"/>.</summary>
    /// <param name="text">The variable's text, split as by a shell; null or empty for none.</param>
    /// <param name="warning">Told which options have no effect, and why.</param>
    /// <returns>Keywords and values as after <c>-o</c>, in their order.</returns>
    public static IReadOnlyList<(string Keyword, string Value)> Parse(string? text, Action<string>? warning)
    {
        var result = new List<(string Keyword, string Value)>();
        if (!SshConfigText.TrySplit((text ?? "").ReplaceLineEndings(" "), comments: false, out var words))
        {
            throw new NixRemoteException(NixErrors.SshConfigInvalid, $"{Variable}: a quote is not closed in '{text}'.") { Target = Variable };
        }

        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            if (word is not ['-', not '-', ..])
            {
                warning?.Invoke($"{Variable}: '{word}' has no effect.");
                continue;
            }

            // Flags may be put together, and a value may follow its letter at once: -Cp2222.
            for (var at = 1; at < word.Length; at++)
            {
                var letter = word[at];
                if (!WithValue.Contains(letter))
                {
                    Flag(letter, result, warning);
                    continue;
                }

                var value = at + 1 < word.Length ? word[(at + 1)..]
                    : ++i < words.Count ? words[i]
                    : throw new NixRemoteException(NixErrors.SshConfigInvalid, $"{Variable}: -{letter} needs a value.") { Target = Variable };
                Option(letter, value, result, warning);
                break;
            }
        }

        return result;
    }

    /// <summary>The words of the variable, as ssh gets them; what is wrong with them is told where they are read.</summary>
    public static IReadOnlyList<string> Words(string? text) =>
        SshConfigText.TrySplit((text ?? "").ReplaceLineEndings(" "), comments: false, out var words) ? words : [];

    /// <summary>Options that ssh sets at once win over -o, and over themselves; all others count when they come first.</summary>
    private static void Replace(List<(string Keyword, string Value)> result, string keyword, string value)
    {
        result.RemoveAll(option => option.Keyword.Equals(keyword, StringComparison.OrdinalIgnoreCase));
        result.Add((keyword, value));
    }

    private static void Flag(char letter, List<(string Keyword, string Value)> result, Action<string>? warning)
    {
        switch (letter)
        {
            case 'C':
                Replace(result, "Compression", "yes");
                break;
            case '4':
                Replace(result, "AddressFamily", "inet");
                break;
            case '6':
                Replace(result, "AddressFamily", "inet6");
                break;
            case 'a' or 'k' or 'n' or 'N' or 'q' or 'T' or 'v' or 'x':
                // Switches off what is never on here, or says how much ssh prints.
                break;
            default:
                warning?.Invoke($"{Variable}: -{letter} has no effect.");
                break;
        }
    }

    private static void Option(char letter, string value, List<(string Keyword, string Value)> result, Action<string>? warning)
    {
        switch (letter)
        {
            case 'F':
                result.Add((ConfigFile, value));
                break;
            case 'p':
                result.Add(("Port", value));
                break;
            case 'l':
                result.Add(("User", $"\"{value}\""));
                break;
            case 'i':
                result.Add(("IdentityFile", $"\"{value}\""));
                break;
            case 'J':
                if (result.Exists(option => option.Keyword.Equals("ProxyJump", StringComparison.OrdinalIgnoreCase)
                    || option.Keyword.Equals("ProxyCommand", StringComparison.OrdinalIgnoreCase)))
                {
                    throw new NixRemoteException(NixErrors.SshConfigInvalid, $"{Variable}: -J cannot stand beside another -J or a ProxyCommand; commas separate several hosts.")
                    {
                        Target = Variable,
                    };
                }

                result.Add(("ProxyJump", value));
                break;
            case 'b':
                Replace(result, "BindAddress", value);
                break;
            case 'c':
                Replace(result, "Ciphers", value);
                break;
            case 'm':
                Replace(result, "MACs", value);
                break;
            case 'I':
                Replace(result, "PKCS11Provider", value);
                break;
            case 'o':
                var rest = value.Trim();
                var keyword = SshConfigText.NextWord(ref rest);
                if (keyword is null)
                {
                    throw new NixRemoteException(NixErrors.SshConfigInvalid, $"{Variable}: -o needs KEYWORD=VALUE, not '{value}'.") { Target = Variable };
                }

                result.Add((keyword, rest));
                break;
            default:
                warning?.Invoke($"{Variable}: -{letter} {value} has no effect.");
                break;
        }
    }
}
