using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using NixRemote.Builders;
using NixRemote.Stores;
using NixRemote.Tests.TestBed;
using Xunit.Abstractions;

namespace NixRemote.Tests.Builders;

/// <summary>
/// Real Nix reads the same texts: its build hook (scheduling.md §3) prints the table of machines when it declines, and the URI of each one
/// that it fails to connect to. Nix 2.34.8 must agree; for 2.8.0 and 2.26.3 the differences of machines.md §2.1 and §2.3 are applied to the
/// text, and are the only ones.
/// </summary>
public sealed partial class RealNixDifferentialTests(ITestOutputHelper output)
{
    private const int Files = 500;

    private static readonly MachinesParseOptions _options = new() { LocalSystem = "x86_64-linux" };

    /// <summary>What a Nix makes of the URIs in a text.</summary>
    public enum Uris
    {
        /// <summary>Nothing before it connects; it shows them as they are.</summary>
        Unread,

        /// <summary>It tells the forms apart; hosts and ports are read when it connects.</summary>
        Split,

        /// <summary>It parses them, and shows the canonical form.</summary>
        Parsed,
    }

    /// <param name="node">Whose Nix.</param>
    /// <param name="isGenerationA">Whether it splits before it cuts comments.</param>
    /// <param name="hasWholeSpeeds">Whether speed factors are whole numbers.</param>
    /// <param name="uris">What it makes of URIs.</param>
    [TestBedTheory]
    [InlineData("c234", false, false, Uris.Parsed)]
    [InlineData("b28", true, true, Uris.Unread)]
    [InlineData("b226", true, false, Uris.Split)]
    public async Task Real_Nix_reads_generated_files_as_we_do(string node, bool isGenerationA, bool hasWholeSpeeds, Uris uris)
    {
        var bed = NixTestBed.Current;
        var folder = Path.Combine(bed.ShareDirectory, Nonce.Next());
        Directory.CreateDirectory(folder);
        try
        {
            var generator = new LegacyTextGenerator(seed: 2_348_280, folder);
            var texts = Enumerable.Range(0, Files).Select(_ => generator.Text()).ToList();
            await AskHooksAsync(bed, node, folder, texts);
            var (tables, failures, attempted) = (0, 0, 0);
            for (var file = 0; file < Files; file++)
            {
                var reply = HookReply.Read(Path.Combine(folder, $"{file}.err"));
                var expected = Expect(texts[file], isGenerationA, hasWholeSpeeds, uris);
                var context = $"file {file}:\n{texts[file]}\n--- expected\n{expected.Table ?? "failure"}\n--- Nix\n{reply.Text}";
                Assert.True(expected.Table is null == reply.HasFailed, context);
                if (expected.Table is null)
                {
                    failures++;
                    continue;
                }

                Assert.True(expected.Table == reply.Table, context);
                tables++;
                if (expected.Attempts is { } attempts)
                {
                    Assert.True(attempts.SequenceEqual(reply.Attempts), $"{context}\n--- expected attempts\n{string.Join('\n', attempts)}");
                    attempted += attempts.Count;
                }
            }

            output.WriteLine($"{bed.Node(node).NixVersion}: {Files} files, {tables} tables equal, {failures} refused by both, {attempted} URIs and their order equal");
            Assert.InRange(tables, Files / 2, Files);
            Assert.InRange(failures, Files / 20, Files);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Asks one hook for each text: first a job that no machine takes (the table), then one that any machine without mandatory
    /// features takes (each is tried, and no connection succeeds).</summary>
    private static async Task AskHooksAsync(NixTestBed bed, string node, string folder, List<string> texts)
    {
        for (var file = 0; file < texts.Count; file++)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{file}.in"), HookQuestions(texts[file], Path.Combine(folder, "store")));
        }

        var script = Path.Combine(folder, "ask.sh");
        File.WriteAllText(script,
            $"""
            cd '{folder}'
            mkdir bin
            printf '#!/bin/sh\nexit 1\n' > bin/ssh
            chmod +x bin/ssh
            PATH='{folder}/bin':$PATH
            hook=/usr/libexec/nix/build-remote
            i=0
            while [ $i -lt {texts.Count} ]; do
              $hook 3 < $i.in > /dev/null 2> $i.err 4>&1 5< /dev/null
              echo "exit $?" >> $i.err
              i=$((i + 1))
            done
            """);
        (await bed.ExecAsync(node, "sh", script)).Succeeded();
    }

    // scheduling.md §3: { u64 1, string name, string value } for each setting, u64 0; then for each question string "try", u64 amWilling,
    // string system, string drvPath, list of required features
    private static byte[] HookQuestions(string builders, string store)
    {
        // A store of its own, since that is where the hook keeps its slot locks.
        using var bytes = new MemoryStream();
        foreach (var (name, value) in new[] { ("builders", builders), ("max-jobs", "0"), ("system", "x86_64-linux"), ("store", $"local?root={store}") })
        {
            Number(1);
            Text(name);
            Text(value);
        }

        Number(0);
        Question("no-such-system", "no-such-feature");
        Question("builtin");
        return bytes.ToArray();

        void Question(string system, params string[] features)
        {
            Text("try");
            Number(0);
            Text(system);
            Text("/nix/store/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-x.drv");
            Number(features.Length);
            Array.ForEach(features, Text);
        }

        void Number(long value)
        {
            Span<byte> number = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
            bytes.Write(number);
        }

        void Text(string text)
        {
            var encoded = Encoding.UTF8.GetBytes(text);
            Number(encoded.Length);
            bytes.Write(encoded);
            bytes.Write(new byte[(8 - (encoded.Length % 8)) % 8]);
        }
    }

    private static (string? Table, IReadOnlyList<string>? Attempts) Expect(string text, bool isGenerationA, bool hasWholeSpeeds, Uris uris)
    {
        var rows = isGenerationA ? SplitAsGenerationA(text) : [text];
        if (rows is null || (hasWholeSpeeds && rows.Any(r => r.Split(_blanks, StringSplitOptions.RemoveEmptyEntries) is { Length: > 4 } columns && columns[4] != "-" && !WholeNumber().IsMatch(columns[4]))))
        {
            return (null, null);
        }

        // The one thing that we refuse and Nix takes: a speed that is not finite.
        var result = MachinesReader.ReadText(NotFinite().Replace(string.Join('\n', rows), "1"), "text", _options);
        var uriErrors = result.Errors.Where(e => e.Message.Contains("store URI", StringComparison.Ordinal)).ToList();
        if (uris != Uris.Parsed && uriErrors.Count > 0)
        {
            // Older Nix looks at the host only when it connects: the rest of the row counts.
            result = MachinesReader.ReadText(NotFinite().Replace(string.Join('\n', rows.Select(r => FirstColumn().Replace(r, "$1unread"))), "1"), "text", _options);
        }

        var unopenable = result.Builders.Any(b => b.ToStoreUri().Scheme == StoreScheme.Other);
        if (result.Errors.Count > 0 || (uris != Uris.Unread && unopenable))
        {
            return (null, null);
        }

        var table = string.Join('\n', result.Builders.Select(b => uris != Uris.Unread
            ? $"([{Set(b.Systems)}], {b.MaxJobs}, [{Set(b.SupportedFeatures)}], [{Set(b.MandatoryFeatures)}])"
            : $"({string.Join(", ", b.Systems)}, {b.MaxJobs}, {Set(b.SupportedFeatures)}, {Set(b.MandatoryFeatures)})"));

        // With no machine busy, the fastest is tried first, and the first of equals. A speed that is not finite orders nothing.
        if (uris == Uris.Split || uriErrors.Count > 0 || result.Builders.Any(b => !b.ToStoreUri().IsSsh) || NotFinite().IsMatch(text))
        {
            return (table, null);
        }

        var attempts = result.Builders.Where(b => b.MaxJobs > 0 && b.MandatoryFeatures.Count == 0).OrderByDescending(b => (float)b.SpeedFactor)
            .Select(b => uris == Uris.Parsed ? b.ToStoreUri().Canonical : b.Uri);
        return (table, [.. attempts]);

        static string Set(IEnumerable<string> words) => string.Join(", ", words.Distinct().Order(StringComparer.Ordinal));
    }

    private static readonly char[] _blanks = [' ', '\t', '\r', '\n'];

    /// <summary>machines.md §2.1, generation A, as rows of columns with no comments, <c>;</c> or includes left; null: it fails.</summary>
    private static List<string>? SplitAsGenerationA(string text)
    {
        var rows = new List<string>();
        foreach (var piece in text.Split(['\n', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            var row = piece.Split('#')[0];
            if (row.Length == 0)
            {
                continue;
            }

            if (row[0] == '@')
            {
                var path = row[1..].Trim(_blanks);
                if (File.Exists(path) && SplitAsGenerationA(File.ReadAllText(path)) is var included)
                {
                    if (included is null)
                    {
                        return null;
                    }

                    rows.AddRange(included);
                }

                continue;
            }

            if (row.Trim(_blanks).Length == 0)
            {
                return null;
            }

            // A blank before the '@' makes a machine of that name: a local store in a folder.
            rows.Add(row.TrimStart(_blanks).StartsWith('@') ? "/" + row.Trim(_blanks) : row);
        }

        return rows;
    }

    [GeneratedRegex(@"^\+?[0-9]+$")]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"(?<=[ \t])(?:inf|nan)(?=[ \t\r\n;#]|$)")]
    private static partial Regex NotFinite();

    [GeneratedRegex(@"^([ \t\r]*)(?!-(?:\s|$))[^ \t\r]+")]
    private static partial Regex FirstColumn();

    /// <summary>What a hook wrote.</summary>
    private sealed record HookReply(string Text, bool HasFailed, string Table, IReadOnlyList<string> Attempts)
    {
        public static HookReply Read(string file)
        {
            var text = File.ReadAllText(file);
            var messages = text.Split('\n').Where(l => l.StartsWith("@nix ", StringComparison.Ordinal)).Select(l =>
            {
                using var json = JsonDocument.Parse(l[5..]);
                return json.RootElement.TryGetProperty("msg", out var message) ? Colour().Replace(message.GetString()!, "") : "";
            }).ToList();
            var table = messages.FirstOrDefault(m => m.StartsWith("Failed to find a machine", StringComparison.Ordinal))?
                .Split("(systems, maxjobs, supportedFeatures, mandatoryFeatures)\n", 2)[^1] ?? "";
            var attempts = messages.Select(m => Attempt().Match(m)).Where(m => m.Success).Select(m => m.Groups[1].Value)
                // Nix 2.34 pads the zone of a bracketed address with NULs.
                .Select(uri => uri.Replace("%00", "", StringComparison.Ordinal)).ToList();
            return new HookReply(text, !text.Contains("\n# decline", StringComparison.Ordinal) && !text.StartsWith("# decline", StringComparison.Ordinal), table, attempts);
        }
    }

    [GeneratedRegex(@"\u001b\[[0-9;]*m")]
    private static partial Regex Colour();

    [GeneratedRegex("^cannot build on '(.*?)': ")]
    private static partial Regex Attempt();
}
