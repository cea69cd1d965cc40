namespace NixRemote.Transport;

/// <summary>Which blocks apply: Host and Match.</summary>
internal sealed partial class SshConfigReader
{
    private string _host;
    private bool _finalPass;
    private bool _wantsFinalPass;

    /// <summary><c>Host PATTERN…</c>: any pattern, unless a negated one matches.</summary>
    private bool MatchesHost(IReadOnlyList<string> patterns)
    {
        var matched = false;
        foreach (var pattern in patterns)
        {
            var negated = pattern.StartsWith('!');
            if (SshPattern.Matches(_host, negated ? pattern.AsSpan(1) : pattern))
            {
                if (negated)
                {
                    return false;
                }

                matched = true;
            }
        }

        return matched;
    }

    /// <summary><c>Match CRITERION [PATTERNS] …</c>: all criteria.</summary>
    private bool MatchesCriteria(string source, string rest)
    {
        var result = true;
        var count = 0;
        while (SshConfigText.NextWord(ref rest) is { Length: > 0 } word && word[0] != '#')
        {
            var negated = word[0] == '!';
            var criterion = (negated ? word[1..] : word).ToLowerInvariant();
            if (criterion == "all")
            {
                if (count > 1 || rest is not "" and not ['#', ..])
                {
                    throw Invalid(source, "'all' cannot be combined with other criteria of Match");
                }

                return result && !negated;
            }

            count++;
            if (criterion is "final" or "canonical")
            {
                _wantsFinalPass |= criterion == "final";
                result &= _finalPass != negated;
                continue;
            }

            var patterns = SshConfigText.NextWord(ref rest) ?? throw Invalid(source, $"Match {criterion} needs a value");
            result = MatchesCriterion(source, criterion, patterns, result) != negated && result;
        }

        return count > 0 ? result : throw Invalid(source, "Match needs a criterion");
    }

    private bool MatchesCriterion(string source, string criterion, string patterns, bool decides)
    {
        switch (criterion)
        {
            case "host":
                return SshPattern.MatchesHostList(
                    _finalPass ? _host : SshTokens.ExpandHostName(this[SshKeywords.HostName], OriginalHost), patterns);
            case "originalhost":
                return SshPattern.MatchesHostList(OriginalHost, patterns);
            case "user":
                return SshPattern.MatchesList(this[SshKeywords.User]?.Value ?? _environment.UserName, patterns);
            case "localuser":
                return SshPattern.MatchesList(_environment.UserName, patterns);
            case "exec" or "localnetwork" or "tagged" or "version" or "sessiontype" or "command":
                // Neither run nor guessed here: whichever way it is decided could reach another machine. ssh itself can decide it.
                if (decides && _options.Transport == SshTransport.SshNet)
                {
                    _options.Warning?.Invoke($"{source}: 'Match {criterion}' cannot be decided in process; its block is left out.");
                }
                else if (decides)
                {
                    NeedsOpenSsh ??= $"'Match {criterion}' ({source})";
                }

                return false;
            default:
                throw Invalid(source, $"'{criterion}' is not a criterion of Match");
        }
    }
}
