namespace NixRemote.Diagnosis;

/// <summary>One check of a builder: a question, answered from what the checks before it have opened and learned.</summary>
internal interface IBuilderCheck
{
    /// <summary>Its name, and its place in the order.</summary>
    BuilderCheckName Name { get; }

    /// <summary>It makes no sense if this check, or one before that, has failed; null if it always does.</summary>
    BuilderCheckName? Needs { get; }

    /// <summary>Answers the question. What is wrong with the builder is an answer, or a <see cref="NixRemoteException"/>.</summary>
    Task<NixBuilderCheck> RunAsync(BuilderExamination examination, CancellationToken cancellationToken);
}
