"""Questions over the handbook in examples/: some that it answers, and some that it doesn't. Add questions here."""

IN_THE_HANDBOOK = (
    "How much does a full membership cost?",
    "May I bring my dog onto the jetty?",
    "What's the Wi-Fi network called?",
    "how long can I keep a borrowed tool",
    "Who is the treasurer?",
    "what does a hot shower cost",
    "When do I have to pay my fee by?",
    "What does a day for a company cost?",
    "海燕号是哪一年造的？",
    "谁照看灰燕鸥号？",
    "提灯号冷天要预热多久？",
    "中文工坊日几点开始？",
    "除夕包饺子要交多少钱？",
    "小海雀号是谁造的？",
    "航海词汇表一共多少个词",
    "茶会要带什么？",
)
NOWHERE = (
    "What is the melting point of tungsten?",
    "Who won the 1994 World Cup?",
    "How do I get from the club to the airport by bus?",
    "What is the committee's position on electric engines?",
    "how tall is the mast of the Cutty Sark",
    "Which bank does the club use?",
    "马里亚纳海沟有多深？",
    "俱乐部附近有没有药店？",
    "谁发明了指南针？",
    "理事会主席的生日是哪天？",
    "从上海坐船到大阪要多久",
    "俱乐部收不收加密货币？",
)
