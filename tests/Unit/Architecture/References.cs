using System.Reflection;
using System.Reflection.Emit;

namespace Tests.Architecture;

/// <summary>Which types a type knows: from its signatures and from the instructions of its methods. Constants leave no trace there; the sources' usings show those.</summary>
internal static class References
{
    private const BindingFlags Everything = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<int, OpCode> OpCodeByValue = typeof(OpCodes).GetFields().Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value);

    public static IEnumerable<Type> Of(Type type)
    {
        IEnumerable<Type?> known = [type.BaseType, .. type.GetInterfaces(), .. type.GetFields(Everything).Select(field => field.FieldType)];
        foreach (MethodBase method in type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything)))
            known = known.Concat(OfMethod(method));
        return known.OfType<Type>().SelectMany(Parts).Where(other => other != type).Distinct();
    }

    private static IEnumerable<Type?> OfMethod(MethodBase method)
    {
        IEnumerable<Type?> signature = [(method as MethodInfo)?.ReturnType, .. method.GetParameters().Select(parameter => parameter.ParameterType)];
        if (method.GetMethodBody() is not { } body)
            return signature;
        return signature.Concat(body.LocalVariables.Select(local => local.LocalType)).Concat(Members(method, body.GetILAsByteArray()!).SelectMany(OfMember));
    }

    private static IEnumerable<Type?> OfMember(MemberInfo member) => member switch
    {
        Type type => [type],
        FieldInfo field => [field.DeclaringType, field.FieldType],
        MethodBase method => [method.DeclaringType, (method as MethodInfo)?.ReturnType],
        _ => [member.DeclaringType],
    };

    /// <summary>Walks the instructions and resolves each one's token (ECMA-335, III.1.9).</summary>
    private static IEnumerable<MemberInfo> Members(MethodBase method, byte[] code)
    {
        Type[] typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : [];
        Type[] methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : [];
        for (int at = 0; at < code.Length;)
        {
            int value = code[at++];
            if (value == 0xFE)
                value = 0xFE00 | code[at++];
            OperandType operand = OpCodeByValue[value].OperandType;
            if (operand is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
                yield return method.Module.ResolveMember(BitConverter.ToInt32(code, at), typeArguments, methodArguments)!;
            at += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
                _ => 4,
            };
        }
    }

    private static IEnumerable<Type> Parts(Type type)
    {
        while (type.HasElementType)
            type = type.GetElementType()!;
        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type.GetGenericTypeDefinition()) : [type];
    }
}
