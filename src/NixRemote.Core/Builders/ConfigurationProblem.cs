namespace NixRemote.Builders;

/// <summary>One thing in a configuration text that cannot be read; what is around it still counts.</summary>
/// <param name="Definition">Its row in the error table.</param>
/// <param name="Source">Where it is: file, line, column.</param>
/// <param name="Text">The offending text.</param>
/// <param name="Message">What is wrong with it: one sentence, without the place.</param>
/// <param name="Cure">One concrete step that mends it.</param>
public sealed record ConfigurationProblem(ErrorDefinition Definition, SourceLocation Source, string Text, string Message, string Cure)
{
    /// <summary>The failure to report: place, sentence and offending text; its target is the place.</summary>
    public NixRemoteException ToException() => new(Definition, ToString()) { Target = Source.ToString(), RecommendedAction = Cure };

    /// <summary><c>file:line:column: message</c>, and the offending text in quotes if the message does not hold it.</summary>
    public override string ToString() =>
        $"{Source}: {Message}{(Text.Length == 0 || Message.Contains(Text, StringComparison.Ordinal) ? "" : $" In: '{Text}'")}";
}
