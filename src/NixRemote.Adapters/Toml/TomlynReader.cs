using System.Globalization;
using NixRemote.Builders;
using Tomlyn;
using Tomlyn.Parsing;

namespace NixRemote.Adapters.Toml;

/// <summary>Reads TOML with Tomlyn's event parser: ten times faster than its syntax tree, and positions come with it. What the events do
/// not tell (comments, a table that is opened twice) is taken from the text. Plain texts are read by <see cref="PlainTomlReader"/>.</summary>
public sealed class TomlynReader : ITomlReader
{
    private static readonly TomlParserOptions _parserOptions = new() { Mode = TomlParserMode.Tolerant, EagerStringValues = true };
    private static readonly TomlSerializerOptions _serializerOptions = new() { MaxDepth = BuildersLimits.Depth };

    /// <inheritdoc/>
    public DocumentText Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return PlainTomlReader.Read(text) ?? ReadAnything(text);
    }

    /// <summary>Reads a text with Tomlyn alone, whatever is in it.</summary>
    internal static DocumentText ReadAnything(string text)
    {
        var tree = new TomlTreeBuilder();
        var errors = new List<DocumentSyntaxError>();
        var begin = 0;
        var line = 0;
        var reread = 0L;
        while (true)
        {
            var error = ReadSegment(begin == 0 ? text : text[begin..], line, begin, tree);
            if (error is null)
            {
                break;
            }

            errors.Add(error);
            if (tree.Values > BuildersLimits.Values || !FindNextTable(text, error.Line, ref begin, ref line))
            {
                break;
            }

            reread += text.Length - begin;
            if (errors.Count == BuildersLimits.SyntaxErrors || reread > BuildersLimits.RereadCharacters)
            {
                errors.Add(new DocumentSyntaxError(line + 1, 1, "There are too many errors; from here on nothing is read."));
                break;
            }
        }

        var comments = new TomlLines(text, tree.TextSpans, tree.ArraySpans, errors).FindComments();
        errors.AddRange(tree.Errors);
        errors.Sort((left, right) => (left.Line, left.Column).CompareTo((right.Line, right.Column)));
        return new DocumentText(tree.Root, comments, errors);
    }

    /// <summary>Reads from a table's header, or the text's begin, to the end or the first error.</summary>
    private static DocumentSyntaxError? ReadSegment(string segment, int line, int offset, TomlTreeBuilder tree)
    {
        tree.Begin(segment, line, offset);
        var parser = TomlParser.Create(segment, _parserOptions, _serializerOptions);
        try
        {
            while (parser.MoveNext())
            {
                // Behind an error, the parser closes what is open: those events say nothing.
                if (parser.HasErrors)
                {
                    break;
                }

                tree.Take(parser, parser.Current);
                if (tree.Values > BuildersLimits.Values)
                {
                    tree.Break();
                    return new DocumentSyntaxError(line + parser.Current.Line, parser.Current.Column,
                        $"There are more than {BuildersLimits.Values} values; from here on nothing is read.");
                }
            }
        }
        catch (TomlException failure)
        {
            return Broken(failure.Line ?? 1, failure.Column ?? 1, failure.Message);
        }
        catch (ArgumentOutOfRangeException)
        {
            // A backslash in quotes ends the text: Tomlyn fails over its own message, which names the character behind it.
            var last = segment.Length - 1;
            return Broken(segment.AsSpan().Count('\n') + 1, last - segment.LastIndexOf('\n', last), "There is nothing behind the backslash.");
        }

        foreach (var diagnostic in parser.Diagnostics)
        {
            return Broken(diagnostic.Span.Start.Line + 1, diagnostic.Span.Start.Column + 1, diagnostic.Message);
        }

        return null;

        DocumentSyntaxError Broken(int at, int column, string message)
        {
            tree.Break();
            return new DocumentSyntaxError(line + at, column, Explain(message, segment, at, column, line));
        }
    }

    private static bool FindNextTable(string text, int errorLine, ref int begin, ref int line)
    {
        // From the line behind the error; a line of an array may begin with a bracket too, and then is just the next error.
        while (begin < text.Length)
        {
            if (line >= errorLine && text[begin..Math.Min(text.Length, begin + 64)].TrimStart(' ', '\t').StartsWith('['))
            {
                return true;
            }

            var end = text.IndexOf('\n', begin);
            if (end < 0)
            {
                return false;
            }

            begin = end + 1;
            line++;
        }

        return false;
    }

    /// <summary>The error that everybody makes once deserves better than "unexpected token".</summary>
    private static string Explain(string message, string segment, int line, int column, int linesBefore)
    {
        var rest = segment.AsSpan();
        for (var at = 1; at < line && rest.IndexOf('\n') is >= 0 and var end; at++)
        {
            rest = rest[(end + 1)..];
        }

        var lineEnd = rest.IndexOf('\n');
        rest = (lineEnd < 0 ? rest : rest[..lineEnd]).TrimEnd('\r');
        var before = rest[..Math.Min(rest.Length, column - 1)].TrimEnd();
        return before.EndsWith("=") && rest.Length >= column && char.IsAsciiLetter(rest[column - 1])
            ? "string values must be quoted"
            : string.Create(CultureInfo.InvariantCulture, $"TOML parse error at line {linesBefore + line}, column {column}: {message}");
    }
}
