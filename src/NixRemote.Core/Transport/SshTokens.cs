using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace NixRemote.Transport;

/// <summary>The percent tokens and <c>${VARIABLE}</c> of ssh_config values.</summary>
internal sealed class SshTokens
{
    private readonly SshEnvironment _environment;
    private readonly Dictionary<char, string> _values;

    public SshTokens(SshEnvironment environment, string originalHost, string hostName, int port, string user, string? hostKeyAlias, string? proxyJump)
    {
        _environment = environment;
        var shortName = environment.LocalHostName.Split('.')[0];
        _values = new()
        {
            ['%'] = "%",
            ['C'] = Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(
                $"{environment.LocalHostName}{hostName}{port}{user}{proxyJump}"))).ToLowerInvariant(),
            ['d'] = environment.Home,
            ['h'] = hostName,
            ['j'] = proxyJump ?? "",
            ['k'] = hostKeyAlias ?? originalHost,
            ['L'] = shortName,
            ['l'] = environment.LocalHostName,
            ['n'] = originalHost,
            ['p'] = port.ToString(CultureInfo.InvariantCulture),
            ['r'] = user,
            ['u'] = environment.UserName,
        };
        if (environment.UserId is { } id)
        {
            _values['i'] = id.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Puts values in place of the tokens of a file name, and the home folder in place of <c>~</c>.</summary>
    /// <exception cref="NixRemoteException">SshConfigInvalid: an unknown token or an unset variable.</exception>
    public string ExpandPath(SshConfigSetting setting, string value) => ExpandPercent(setting, _environment.ExpandHome(ExpandVariables(setting, value)), _values);

    /// <summary>Puts values in place of the tokens of ProxyCommand: <c>%%</c>, <c>%h</c>, <c>%n</c>, <c>%p</c>, <c>%r</c>.</summary>
    /// <exception cref="NixRemoteException">SshConfigInvalid: another token.</exception>
    public string ExpandProxyCommand(SshConfigSetting setting, string value) =>
        ExpandPercent(setting, value, _values.Where(token => token.Key is '%' or 'h' or 'n' or 'p' or 'r').ToDictionary());

    /// <summary>Puts the host in place of <c>%h</c> in HostName; without a HostName it is the host itself.</summary>
    public static string ExpandHostName(SshConfigSetting? hostName, string host) =>
        hostName is null ? host : ExpandPercent(hostName, hostName.Value, new() { ['%'] = "%", ['h'] = host });

    private static string ExpandPercent(SshConfigSetting setting, string text, Dictionary<char, string> values)
    {
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                result.Append(text[i]);
            }
            else if (++i < text.Length && values.TryGetValue(text[i], out var value))
            {
                result.Append(value);
            }
            else
            {
                throw new NixRemoteException(NixErrors.SshConfigInvalid,
                    $"{setting.Source}: '%{(i < text.Length ? text[i] : ' ')}' is not a token that can be used in '{text}'.") { Target = setting.Source };
            }
        }

        return result.ToString();
    }

    private string ExpandVariables(SshConfigSetting setting, string text)
    {
        for (var start = text.IndexOf("${", StringComparison.Ordinal); start >= 0; start = text.IndexOf("${", start, StringComparison.Ordinal))
        {
            var end = text.IndexOf('}', start);
            var value = end < 0 ? null : _environment.Variable(text[(start + 2)..end]);
            if (value is null)
            {
                throw new NixRemoteException(NixErrors.SshConfigInvalid,
                    $"{setting.Source}: '{text}' names a variable of the environment that is not set.") { Target = setting.Source };
            }

            text = text[..start] + value + text[(end + 1)..];
            start += value.Length;
        }

        return text;
    }
}
